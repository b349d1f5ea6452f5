//! `config`: are the settings right, and where does each come from?

use std::io::{self, Write as _};

use ats_pat_http::HttpSettings;
use ats_pat_program::{LoadedSettings, Settings, providers};

use crate::failure::Failure;

/// What to do with the settings.
#[derive(clap::Subcommand, Clone, Copy)]
pub enum Command {
    /// Says whether a server would start with these settings. It opens nothing
    Check,
    /// Prints every setting as a line of a settings file, with its source. Secrets are masked
    Print,
}

impl Command {
    pub fn run(self, loaded: &LoadedSettings) -> Result<(), Failure> {
        check(&loaded.settings)?;
        let text = match self {
            Self::Check => "the settings are valid\n".to_owned(),
            Self::Print => {
                let lines = loaded.shown().into_iter();
                lines.fold(String::new(), |text, line| text + &line.to_string() + "\n")
            }
        };
        io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map_err(Failure::Output)
    }
}

/// What a start checks besides the settings themselves.
fn check(settings: &Settings) -> Result<(), Failure> {
    let public_url = settings.public_url_at(settings.listen);
    let http = HttpSettings::new(&public_url, settings.trusted_proxies.clone())?;
    providers(&settings.providers, http.origin())?;
    Ok(())
}

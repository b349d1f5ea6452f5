//! The exchange, in the same way as a script makes it: to try a token, and for shells.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ats_pat_client::{Bearer, Builder, Client, PersonalAccessToken};
use ats_pat_domain::Timestamp;
use clap::Args;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::secret_input::pasted_from_standard_input;

/// A person waits at a shell. This is long enough for a service that restarts, and short enough not
/// to look broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// The personal access token is read from the first line of standard input, or from the file that
/// `--rotate` names.
#[derive(Args)]
pub struct Command {
    /// Where the service is: `https://` and its host; `http://` only on this machine
    #[arg(long)]
    url: String,
    /// For whom the authentication token is to be: only for these of the deployment's audiences; up
    /// to 16
    #[arg(long, value_name = "NAME", num_args = 1..)]
    audience: Vec<String>,
    /// Replace the token in this file by its next one, and exchange that. The token must have been
    /// made with the right to regenerate itself. Run it again after an interruption: the token is
    /// in the file, or in FILE.next
    #[arg(long, value_name = "FILE")]
    rotate: Option<PathBuf>,
}

impl Command {
    /// Prints the authentication token: alone, so that shells can read it, or as JSON with both
    /// expiries.
    pub async fn run(self, output: Output) -> Result<(), Failure> {
        let builder = match &self.rotate {
            Some(file) => Client::builder_of_file(self.url, file),
            None => Client::builder(self.url, token_from_standard_input()?),
        };
        let builder = self.audience.into_iter().fold(builder, Builder::audience);
        let client = builder.give_up_after(PATIENCE).build()?;
        let bearer = match self.rotate {
            Some(_) => client.rotate().await?,
            None => client.bearer().await?,
        };
        output.text_or_object(bearer.expose(), &Exchanged::new(&bearer))
    }
}

fn token_from_standard_input() -> Result<PersonalAccessToken, Failure> {
    let secret = pasted_from_standard_input("personal access token")?;
    PersonalAccessToken::parse(secret.expose_secret()).map_err(|_| Failure::NoPersonalAccessToken)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Exchanged<'a> {
    token: &'a str,
    expires_at: Timestamp,
    personal_access_token_expires_at: Timestamp,
}

impl<'a> Exchanged<'a> {
    fn new(bearer: &'a Bearer) -> Self {
        Self {
            token: bearer.expose(),
            expires_at: timestamp(bearer.expires_at()),
            personal_access_token_expires_at: timestamp(bearer.personal_access_token_expires_at()),
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::from_millis(0).after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

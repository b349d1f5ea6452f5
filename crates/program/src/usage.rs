//! Command lines, which clap reads. Each mistake is reported in one line.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

/// Reads the command line of this process.
///
/// # Errors
/// The requested help or version, or the mistake in the command line.
pub fn parse<P: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<P, Usage> {
    P::try_parse_from(arguments).map_err(|error| Usage {
        program: P::command().get_name().to_owned(),
        error,
    })
}

/// A command line that does not lead to a run.
#[derive(Debug)]
pub struct Usage {
    program: String,
    error: clap::Error,
}

impl Usage {
    /// Prints the requested help (exit code 0), or the mistake in one line (exit code 2).
    pub fn report(&self) -> ExitCode {
        match self.error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                // If this fails, nobody reads the output.
                let _ = self.error.print();
            }
            _ => crate::report(self),
        }
        ExitCode::from(u8::try_from(self.error.exit_code()).unwrap_or(2))
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.error.render().to_string();
        // After clap's own text come a usage line and a hint, each after a blank line.
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let (mistake, rest) = text.split_once("\n\n").unwrap_or((text, ""));
        let mistake: Vec<&str> = mistake.split_whitespace().collect();
        let command: Vec<&str> = rest
            .split_once("Usage: ")
            .map_or(self.program.as_str(), |(_, usage)| usage)
            .split_whitespace()
            .take_while(|word| !word.starts_with(['-', '<', '[']))
            .collect();
        write!(
            f,
            "{}; see `{} --help`",
            mistake.join(" "),
            command.join(" ")
        )
    }
}

impl std::error::Error for Usage {}

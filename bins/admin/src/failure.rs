//! Why a command failed, and its exit code.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ats_pat_program::{SettingsError, StartError, report};

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Database or keys can't be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The use case refused or failed.
    #[error(transparent)]
    Service(#[from] ats_pat_service::Error),
    /// No secret was entered.
    #[error(transparent)]
    SecretInput(#[from] crate::secret_input::SecretInputError),
    /// The service refused the exchange, or can't be asked.
    #[error(transparent)]
    Exchange(#[from] ats_pat_client::Error),
    /// The input is not a personal access token.
    #[error(
        "standard input holds no personal access token: write it there as it was shown, `atspat_…`"
    )]
    NoPersonalAccessToken,
    /// The audit found something, and printed it.
    #[error("the audit found {count}: the database was altered behind the program's back")]
    Findings {
        /// The number of findings, in words.
        count: String,
    },
    /// Events were removed from the log.
    #[error(
        "events {from} to {to} are missing: the database was altered behind the program's back; run `ats-pat-admin audit verify`, and go on behind them with `--after {to}`"
    )]
    EventsMissing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// The log has no such event, or another one in its place.
    #[error(
        "event {seq} is not the last that was exported: after a restore numbers are given again, so begin again with `--after` and the number of the last event that the backup had"
    )]
    ExportedFromAnother {
        /// Its number.
        seq: i64,
    },
    /// The system gives no signals.
    #[error("the signals that end the program can't be waited for")]
    Signals(#[source] io::Error),
    /// The file has no policy.
    #[error("{} has no policy: {reason}", file.display())]
    PolicyFile {
        /// The path of the file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Standard output can't be written to.
    #[error("the answer can't be written to standard output")]
    Output(#[source] io::Error),
}

impl Failure {
    /// Prints it on standard error. Returns the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            // The reader has seen enough, as `head` does.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Settings(_) | Self::Exchange(ats_pat_client::Error::Url { .. }) => {
                report(self);
                ExitCode::from(2)
            }
            _ => {
                report(self);
                ExitCode::FAILURE
            }
        }
    }
}

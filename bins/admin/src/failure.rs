//! Why a command did not do what it was asked, and the exit code that says so.

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
    /// No secret came.
    #[error(transparent)]
    SecretInput(#[from] crate::secret_input::SecretInputError),
    /// The service refused the exchange, or can't be asked.
    #[error(transparent)]
    Exchange(#[from] ats_pat_client::Error),
    /// What was to be exchanged is none.
    #[error(
        "standard input holds no personal access token: write it there as it was shown, `atspat_…`"
    )]
    NoPersonalAccessToken,
    /// The audit found something; what, was printed.
    #[error("the audit found {count}: the database was altered behind the program's back")]
    Findings {
        /// How many findings, as words.
        count: String,
    },
    /// The file has no policy.
    #[error("{} has no policy: {reason}", file.display())]
    PolicyFile {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Standard output takes nothing.
    #[error("the answer can't be written to standard output")]
    Output(#[source] io::Error),
}

impl Failure {
    /// Tells it on standard error; gives the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            // Whoever reads has seen enough, as `head` does.
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

//! Why a command failed, and its exit code.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ats_pat_program::{BackupError, SettingsError, StartError, report};

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Database or keys can't be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The backup can't be made, read or restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Events can't be archived, or an archive can't be read.
    #[error(transparent)]
    Archive(#[from] ats_pat_service::ArchiveError),
    /// Something in the folder of archives has the name of one, and is no regular file.
    #[error(
        "{} is no regular file, so `audit retain` did not write it, and nothing was archived or removed: move it out of the folder, find out who put it there, and run the command again", .path.display()
    )]
    NoRegularFile {
        /// What has the name of an archive.
        path: PathBuf,
    },
    /// Another run has the folder of archives.
    #[error("another run archives events into {} now, so this one did nothing", .folder.display())]
    FolderInUse {
        /// Where the archives are.
        folder: PathBuf,
    },
    /// The archives in a folder are not those of this event log, or not all of them.
    #[error(
        "the archives in {} can't be continued, so nothing was archived or removed: bring back those that are missing there, move away what `audit retain` did not write. After a restore, name a new folder with copies of the archives whose events the log still has", .folder.display()
    )]
    Archives {
        /// Where the archives are.
        folder: PathBuf,
        /// What is wrong with them.
        #[source]
        source: ats_pat_service::ArchiveError,
    },
    /// Events can't be removed.
    #[error(transparent)]
    Prune(#[from] ats_pat_service::PruneError),
    /// The use case refused or failed.
    #[error(transparent)]
    Service(#[from] ats_pat_service::Error),
    /// No secret was entered.
    #[error(transparent)]
    SecretInput(#[from] crate::secret_input::SecretInputError),
    /// The service refused the exchange, or can't be asked.
    #[error(transparent)]
    Client(#[from] ats_pat_client::Error),
    /// The administration interface refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer does not come from the administration interface.
    #[error(
        "the answer with status {status} is not of this service's administration: look whether the URL is right, and whether the service is of the same release"
    )]
    UnexpectedAnswer {
        /// The HTTP status of the answer.
        status: u16,
    },
    /// The settings have no such provider.
    #[error("the settings have no table `[oidc.{name}]`: they have {known}")]
    NoProvider {
        /// What was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The settings of the provider can't be used.
    #[error(transparent)]
    Provider(#[from] ats_pat_program::WrongProvider),
    /// The provider can't be asked, or proves nobody.
    #[error("{advice}")]
    Identity {
        /// What the operator can do about it.
        advice: String,
        /// What the provider did.
        #[source]
        source: ats_pat_domain::port::IdentityError,
    },
    /// What the provider publishes does not fit the settings.
    #[error("nobody can sign in at the provider like this: see the lines that say what to do")]
    Unfit,
    /// What was pasted is not the address that the browser came back to.
    #[error(
        "this is not the address that the browser came back to: copy all of it from the address bar, with `code` and `state`, and begin again"
    )]
    NotTheCallback,
    /// The system has no random bytes.
    #[error("the system gives no random bytes")]
    Randomness,
    /// The interface does not offer it.
    #[error("{why}: run this without `--url` on a machine that reaches the database")]
    OnlyAtTheDatabase {
        /// Why the interface does not offer it.
        why: &'static str,
    },
    /// The file of the operator key can't be read.
    #[error("{} can't be read as the file of the operator key", file.display())]
    OperatorKeyFile {
        /// The path of the file.
        file: PathBuf,
        /// Why the file can't be read.
        #[source]
        cause: crate::secret_input::SecretInputError,
    },
    /// The input is not an operator key.
    #[error("{place} holds no operator key: write it there as it was shown, `atsop_…`")]
    NoOperatorKey {
        /// Where it was looked for.
        place: String,
    },
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
        /// The number of the first missing event.
        from: i64,
        /// The number of the last missing event.
        to: i64,
    },
    /// The log has no such event, or another one in its place.
    #[error(
        "event {seq} is not the last that was exported: after a restore numbers are given again, so begin again with `--after` and the number of the last event that the backup had"
    )]
    ExportedFromAnother {
        /// The number of the last event that was exported.
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
        /// Why the file is no policy.
        reason: String,
    },
    /// Standard output can't be written to.
    #[error("the answer can't be written to standard output")]
    Output(#[source] io::Error),
}

/// What the administration interface says of a refusal.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The `ResponseCode` of the refusal's envelope.
    pub code: u32,
    /// The sentence of the envelope, in English.
    pub message: String,
    /// The values in it.
    pub parameters: Vec<String>,
}

const VALIDATION_FAILED: u32 = 1001;

impl Failure {
    /// The failure of an audit with this number of findings.
    pub fn of_findings(count: usize) -> Result<(), Self> {
        let count = match count {
            0 => return Ok(()),
            1 => "1 thing".to_owned(),
            count => format!("{count} things"),
        };
        Err(Self::Findings { count })
    }

    /// The code of a refusal of the administration interface.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// Whether the administration interface refused the value of this field, and no other.
    pub fn is_of_field(&self, field: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == VALIDATION_FAILED
            && refusal.parameters.len() == 2
            && refusal.parameters[0] == field)
    }

    /// This failure, or what the use case says where it is of this field alone.
    pub fn of_field(self, field: &str, said: impl FnOnce() -> ats_pat_service::Error) -> Self {
        if self.is_of_field(field) {
            said().into()
        } else {
            self
        }
    }

    /// Prints it on standard error. Returns the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            // The reader has seen enough, as `head` does.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Settings(_)
            | Self::OnlyAtTheDatabase { .. }
            | Self::Client(ats_pat_client::Error::Url { .. }) => {
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

//! The parts that both programs share: the command line, the settings with their sources, the log,
//! and the wiring of database and use cases.
//!
//! Invariants held here:
//!
//! - if several sources have a setting, the last one wins: file, environment, flag;
//! - an unknown setting stops the start, whatever its source;
//! - each refusal is one sentence that names the place and says what to do, without quoting a
//!   secret;
//! - no text moves a terminal's cursor or begins a new line of the log;
//! - a start that fails removes the folders that it made.
//!
//! It deliberately knows no HTTP. It doesn't read the environment by itself: the environment is
//! passed in.

mod backup;
mod command_line;
mod data_folder;
mod doctor;
mod logging;
mod master_key;
mod open;
mod patience;
mod providers;
mod settings;
mod start_error;
mod usage;
mod visible;

use std::error::Error;

pub use ats_pat_storage::{MigrationStatus, PlannedMigration, Tls};

pub use backup::{
    BackupError, BackupHead, Restoration, RestoreOptions, Rights, VerifiedBackup, back_up,
    note_backup, restore, verify_backup,
};
pub use command_line::{Completions, ManPages};
pub use doctor::{Finding, Verdict, examine};
pub use logging::{LogFilter, SpanLayer, start_logging};
pub use master_key::MasterKeyError;
pub use open::{Access, Libraries, Opened, OpenedDatabase, accept_restore};
pub use providers::{WrongProvider, callback, provider_of, providers};
pub use settings::{
    CommonFlags, LoadedSettings, LogFormat, Place, Provider, ServerFlags, Settings, SettingsError,
    Shown, TraceHeader, settings_reference,
};
pub use start_error::StartError;
pub use usage::{Usage, parse};
pub use visible::{is_obeyed, visible, visible_in_json};

/// The version of both programs, with the revision that they were built from.
pub const VERSION: &str = env!("ATS_PAT_VERSION");

/// Tells a person why the program ends: one line on standard error.
pub fn report(error: &(dyn Error + 'static)) {
    use std::io::Write as _;
    let text = ats_pat_service::causes(error);
    let line: Vec<&str> = text.split_whitespace().collect();
    // If this fails, nobody reads standard error.
    let _ = writeln!(std::io::stderr(), "error: {}", visible(&line.join(" ")));
}

//! The log: to standard error, so that standard output keeps what the programs answer.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::settings::{LogFormat, LogSettings};

/// Begins the log of this process, at `level` unless the settings say otherwise. Called once; a second
/// call changes nothing.
pub fn start_logging(settings: &LogSettings, level: &str) {
    let filter = settings.filter.as_deref().unwrap_or(level);
    let builder = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()));
    // It fails only where a log has begun already.
    let _ = match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

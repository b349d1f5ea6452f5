//! SIGHUP: what can change without a restart is read anew.

use ats_pat_program::{LoadedSettings, LogFilter, SettingsError};
use ats_pat_service::{Service, causes};
use tokio::signal::unix::Signal;

use crate::systemd;

/// Reads the settings of all sources.
pub trait Load: Fn() -> Result<LoadedSettings, SettingsError> + Send + 'static {}

impl<F: Fn() -> Result<LoadedSettings, SettingsError> + Send + 'static> Load for F {}

/// The settings, and what can read them anew.
pub struct Reload<L> {
    /// Those that the server started with.
    started: LoadedSettings,
    /// Those that were read last.
    last: LoadedSettings,
    load: L,
    log: LogFilter,
}

impl<L: Load> Reload<L> {
    /// `loaded` are the settings that the server starts with.
    pub fn new(loaded: LoadedSettings, load: L, log: LogFilter) -> Self {
        Self {
            started: loaded.clone(),
            last: loaded,
            load,
            log,
        }
    }

    /// Reads the settings each time that `hangup` comes. This never completes.
    pub async fn follow(mut self, mut hangup: Signal, service: Service) {
        while hangup.recv().await.is_some() {
            systemd::reloading();
            self.read(&service);
            systemd::ready();
        }
    }

    fn read(&mut self, service: &Service) {
        let read = match (self.load)() {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(cause = %causes(&error), "SIGHUP: the settings are wrong, so those of before stay in force");
                return;
            }
        };
        if let Err(error) = self.log.set(&read.settings) {
            tracing::error!(cause = %causes(&error), "SIGHUP: the log goes on as before");
        }
        service.reload_policy(read.settings.policies());
        let mut later = read.changed_since(&self.started);
        later.retain(|key| !is_reloaded(key));
        if !later.is_empty() {
            let settings = later.join(", ");
            tracing::warn!(
                settings,
                "SIGHUP: these settings differ from those of the start, and need a restart"
            );
        }
        let mut now = read.changed_since(&self.last);
        now.retain(|key| is_reloaded(key));
        if now.is_empty() {
            tracing::info!("SIGHUP: the settings were read, and nothing changes");
        } else {
            let settings = now.join(", ");
            tracing::info!(
                settings,
                "SIGHUP: the settings were read, and these changes count from now on"
            );
        }
        self.last = read;
    }
}

/// Whether a change of the setting counts without a restart.
fn is_reloaded(key: &str) -> bool {
    key == "log" || key == "token-lifetime-minutes" || key.starts_with("policy.")
}

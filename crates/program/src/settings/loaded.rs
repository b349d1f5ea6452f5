//! The settings together with their sources.

use std::ffi::OsString;

use super::error::SettingsError;
use super::shown::Shown;
use super::source::Sources;
use super::table::{CommonFlags, ServerFlags, Settings, TABLE};

/// The settings, and the sources that they come from.
#[derive(Clone)]
pub struct LoadedSettings {
    /// The settings that are in force.
    pub settings: Settings,
    sources: Sources,
}

impl LoadedSettings {
    /// Reads all sources; see [`Settings::load`].
    pub fn load(
        common: &CommonFlags,
        server: Option<&ServerFlags>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut sources = Sources::new(TABLE);
        if let Some(path) = &common.config {
            sources.add_file(path)?;
        }
        sources.add_environment(environment)?;
        common.add_to(&mut sources);
        if let Some(server) = server {
            server.add_to(&mut sources);
        }
        let settings = Settings::of(&sources, server.is_some())?;
        Ok(Self { settings, sources })
    }

    /// Every setting with its source, in the order of the documentation. Secrets are masked.
    pub fn shown(&self) -> Vec<Shown> {
        self.sources.shown()
    }

    /// The keys of the settings that were written in another way before.
    pub fn changed_since(&self, before: &Self) -> Vec<String> {
        self.sources.changed_since(&before.sources)
    }
}

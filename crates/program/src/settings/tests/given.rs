//! The sources of one try.

use std::ffi::OsString;
use std::sync::LazyLock;

use crate::settings::{CommonFlags, ServerFlags, Settings, SettingsError};

/// More scopes than a claim may name.
pub static MANY_SCOPES: LazyLock<String> = LazyLock::new(|| {
    let scopes: Vec<_> = (0..40).map(|number| format!("{number:099}=x")).collect();
    scopes.join(",")
});

/// The sources of one try.
#[derive(Default)]
pub struct Given<'a> {
    pub file: Option<&'a str>,
    pub variables: Vec<(&'a str, &'a str)>,
    pub flags: Vec<(&'a str, &'a str)>,
}

impl<'a> Given<'a> {
    pub fn file(text: &'a str) -> Self {
        Self {
            file: Some(text),
            ..Self::default()
        }
    }

    pub fn variable(name: &'a str, value: &'a str) -> Self {
        Self::default().and_variable(name, value)
    }

    pub fn flag(name: &'a str, value: &'a str) -> Self {
        Self::default().and_flag(name, value)
    }

    pub fn and_variable(mut self, name: &'a str, value: &'a str) -> Self {
        self.variables.push((name, value));
        self
    }

    pub fn and_flag(mut self, name: &'a str, value: &'a str) -> Self {
        self.flags.push((name, value));
        self
    }

    pub fn load(&self) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let mut common = CommonFlags::default();
        let mut server = ServerFlags::default();
        if let Some(text) = self.file {
            let path = folder.path().join("ats.toml");
            std::fs::write(&path, text).unwrap();
            common.config = Some(path);
        }
        for (flag, value) in &self.flags {
            match *flag {
                "--data-dir" => common.data_dir = Some((*value).into()),
                "--database-url" => common.database_url = Some((*value).into()),
                "--listen" => server.listen = Some((*value).into()),
                "--public-url" => server.public_url = Some((*value).into()),
                "--config" => common.config = Some(value.into()),
                other => panic!("{other}"),
            }
        }
        let environment = self
            .variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Settings::load(&common, Some(&server), environment)
    }

    pub fn settings(&self) -> Settings {
        self.load().unwrap()
    }

    pub fn sentence(&self) -> String {
        let error = self
            .load()
            .map(|settings| format!("{settings:?}"))
            .unwrap_err();
        let text = ats_pat_service::causes(&error);
        let name = text
            .split_whitespace()
            .find(|word| word.ends_with("/ats.toml") || word.ends_with("/ats.toml:"));
        match name {
            Some(path) => text.replace(path.trim_end_matches(':'), "ats.toml"),
            None => text,
        }
    }
}

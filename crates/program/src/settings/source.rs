//! The sources: a file, the environment, and flags. The last one that has a key wins.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::error::{Place, SettingsError};
use super::found::{Found, Raw};
use super::provider::{self, FoundProviders, Provider};
use super::row::{PREFIX, SettingRow};
use super::service_link::is_service_link;
use super::shown::{Shown, is_same};

/// What somebody may write who has the master key at hand.
const MASTER_KEY: &str = "master-key";
const MASTER_KEY_VARIABLE: &str = "ATS_PAT_MASTER_KEY";

/// The prefix of variables that are for tests.
const FOR_TESTS: &str = "ATS_PAT_TEST_";

/// Far more than any settings need. A longer file is not a settings file.
const LONGEST_FILE: u64 = 1024 * 1024;

/// The values after all sources were read.
#[derive(Clone)]
pub(crate) struct Sources {
    table: &'static [SettingRow],
    found: BTreeMap<&'static str, Found>,
    providers: FoundProviders,
}

impl Sources {
    pub(super) fn new(table: &'static [SettingRow]) -> Self {
        Self {
            table,
            found: BTreeMap::new(),
            providers: FoundProviders::default(),
        }
    }

    /// The place where the value of `name` was written, if it was.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        self.found.get(name).map(|found| found.place.clone())
    }

    /// The value of `name`, or the result of `read` for `default`.
    pub(crate) fn value<T>(
        &self,
        name: &'static str,
        default: &str,
        read: impl FnOnce(&Found) -> Result<T, SettingsError>,
    ) -> Result<T, SettingsError> {
        match self.found.get(name) {
            Some(found) => read(found),
            None => read(&Found {
                place: Place::default(name),
                raw: Raw::Text(default.into()),
            }),
        }
    }

    /// The value of `name`, or the default of its type.
    pub(crate) fn optional<T, U: Default + From<T>>(
        &self,
        name: &str,
        read: impl FnOnce(&Found) -> Result<T, SettingsError>,
    ) -> Result<U, SettingsError> {
        match self.found.get(name) {
            Some(found) => read(found).map(U::from),
            None => Ok(U::default()),
        }
    }

    /// Every setting with its source. Secrets are masked.
    pub(super) fn shown(&self) -> Vec<Shown> {
        let of_table = self.table.iter().map(|row| match self.found.get(row.name) {
            Some(found) => Shown::of(row.name, found, row.secret),
            None => Shown::of_default(row),
        });
        of_table.chain(self.providers.shown()).collect()
    }

    /// The keys whose values were written in another way before.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<String> {
        let of_table = self.table.iter().map(|row| row.name);
        let changed = of_table
            .filter(|name| !is_same(self.found.get(name), before.found.get(name)))
            .map(ToOwned::to_owned);
        changed
            .chain(self.providers.changed_since(&before.providers))
            .collect()
    }

    pub(crate) fn add_file(&mut self, path: &Path) -> Result<(), SettingsError> {
        let text = read_text(path, || format!("the settings file {}", path.display()))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let end = error.span().map_or(0, |span| span.start);
            SettingsError::NotToml {
                path: path.to_owned(),
                line: text
                    .as_bytes()
                    .iter()
                    .take(end)
                    .filter(|byte| **byte == b'\n')
                    .count()
                    + 1,
            }
        })?;
        let mut table = table;
        match table.remove(provider::TABLE) {
            Some(toml::Value::Table(providers)) => self.providers.add_table(path, providers)?,
            Some(_) => {
                return Err(SettingsError::UnknownKey {
                    path: path.to_owned(),
                    key: provider::TABLE.to_owned(),
                });
            }
            None => {}
        }
        self.add_table(path, "", table)
    }

    /// The identity providers of all sources, sorted by name.
    pub(super) fn providers(&self) -> Result<Vec<Provider>, SettingsError> {
        self.providers.read()
    }

    fn add_table(
        &mut self,
        path: &Path,
        prefix: &str,
        table: toml::Table,
    ) -> Result<(), SettingsError> {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            if let Some(row) = self.table.iter().find(|row| row.name == name) {
                let place = Place::file(path.to_owned(), row.name);
                let raw = Raw::Toml(value);
                self.found.insert(row.name, Found { place, raw });
                continue;
            }
            match value {
                toml::Value::Table(inner) if !inner.is_empty() => {
                    self.add_table(path, &format!("{name}."), inner)?;
                }
                _ if name == MASTER_KEY => {
                    return Err(SettingsError::MasterKeyInSettings {
                        place: format!("`{name}` in {}", path.display()),
                    });
                }
                _ => {
                    return Err(SettingsError::UnknownKey {
                        path: path.to_owned(),
                        key: name,
                    });
                }
            }
        }
        Ok(())
    }

    /// Takes `ATS_PAT_…`. An empty variable counts as unset. The service links of Kubernetes are
    /// not settings.
    pub(crate) fn add_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), SettingsError> {
        let mut ours: Vec<(String, OsString)> = environment
            .into_iter()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(FOR_TESTS))
            .collect();
        // Sorted, so that of several mistakes the same one is always reported.
        ours.sort();
        let mut seen = BTreeSet::new();
        let mut of_providers = BTreeSet::new();
        for (name, value) in ours {
            if let Some((provider, key, is_file)) = FoundProviders::of_variable(&name) {
                if value.is_empty() {
                    continue;
                }
                let found = variable(&name, value, is_file)?;
                if !of_providers.insert((provider.clone(), key.name)) {
                    let variable = name.trim_end_matches("_FILE").to_owned();
                    return Err(SettingsError::Twice { variable });
                }
                self.providers.insert(provider, key, found);
                continue;
            }
            let Some((row, is_file)) = self.row_of_variable(&name) else {
                if is_service_link(&name, &value.to_string_lossy()) {
                    continue;
                }
                if name == MASTER_KEY_VARIABLE {
                    return Err(SettingsError::MasterKeyInSettings {
                        place: format!("the variable {name}"),
                    });
                }
                return Err(SettingsError::UnknownVariable { name });
            };
            if value.is_empty() {
                continue;
            }
            let found = variable(&name, value, is_file)?;
            if !seen.insert(row.name) {
                return Err(SettingsError::Twice {
                    variable: row.variable().unwrap_or(name),
                });
            }
            self.found.insert(row.name, found);
        }
        Ok(())
    }

    /// The setting of a variable, and whether the variable names the file of a secret.
    fn row_of_variable(&self, name: &str) -> Option<(&'static SettingRow, bool)> {
        let of = |variable: &str| {
            let mut rows = self.table.iter();
            rows.find(|row| row.variable().is_some_and(|of_row| of_row == variable))
        };
        let of_file = || of(name.strip_suffix("_FILE")?).filter(|row| row.secret);
        of(name)
            .map(|row| (row, false))
            .or_else(|| of_file().map(|row| (row, true)))
    }

    pub(super) fn add_flag(
        &mut self,
        name: &'static str,
        flag: &'static str,
        value: Option<&SecretString>,
    ) {
        if let Some(value) = value {
            let place = Place::flag(flag);
            let raw = Raw::Text(value.clone());
            self.found.insert(name, Found { place, raw });
        }
    }
}

fn variable(name: &str, value: OsString, is_file: bool) -> Result<Found, SettingsError> {
    if is_file {
        let path = PathBuf::from(value);
        let text = read_text(&path, || format!("the file {} of {name}", path.display()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        return Ok(Found {
            place: Place::variable_file(name, path),
            raw: Raw::Text(line.into()),
        });
    }
    let place = Place::variable(name);
    let Ok(text) = value.into_string() else {
        return Err(SettingsError::Invalid {
            place,
            advice: "is not UTF-8: write it in UTF-8".to_owned(),
        });
    };
    let raw = Raw::Text(text.into());
    Ok(Found { place, raw })
}

fn read_text(path: &Path, file: impl Fn() -> String) -> Result<Zeroizing<String>, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable {
        file: file(),
        source,
    };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    if metadata.len() > LONGEST_FILE {
        return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(unreadable)
}

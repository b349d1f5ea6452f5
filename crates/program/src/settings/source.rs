//! The sources: a file, the environment, flags. The last one that knows a key wins.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::error::{Place, SettingsError};
use super::service_link::is_service_link;
use super::table::{Key, PREFIX};

/// Variables that tests use for themselves.
const FOR_TESTS: &str = "ATS_PAT_TEST_";

/// Far more than any settings need; whatever is longer is another file.
const LONGEST_FILE: u64 = 1024 * 1024;

/// A value as written. No `Debug`: it may be a secret.
pub(crate) enum Raw {
    /// From a flag or the environment.
    Text(String),
    /// From a flag, the environment or a file of its own.
    Secret(SecretString),
    /// From the settings file.
    Toml(toml::Value),
}

/// A value and where it was written.
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) raw: Raw,
}

/// What stands after all sources were read.
#[derive(Default)]
pub(crate) struct Sources(BTreeMap<Key, Found>);

impl Sources {
    pub(crate) fn take(&mut self, key: Key) -> Option<Found> {
        self.0.remove(&key)
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
        self.add_table(path, "", table)
    }

    fn add_table(
        &mut self,
        path: &Path,
        prefix: &str,
        table: toml::Table,
    ) -> Result<(), SettingsError> {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            if let Some(key) = Key::of_name(&name) {
                let place = Place::file(path.to_owned(), key);
                self.0.insert(
                    key,
                    Found {
                        place,
                        raw: Raw::Toml(value),
                    },
                );
                continue;
            }
            match value {
                toml::Value::Table(inner) if !inner.is_empty() => {
                    self.add_table(path, &format!("{name}."), inner)?;
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

    /// Takes `ATS_PAT_…`; an empty variable is as an unset one, and the service links of Kubernetes are no settings.
    pub(crate) fn add_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), SettingsError> {
        let mut ours: Vec<(String, OsString)> = environment
            .into_iter()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(FOR_TESTS))
            .collect();
        // So that of several mistakes the same one is told each time.
        ours.sort();
        let mut seen = BTreeSet::new();
        for (name, value) in ours {
            let (key, is_file) = match (Key::of_variable(&name), Key::of_file_variable(&name)) {
                (Some(key), _) => (key, false),
                (None, Some(key)) => (key, true),
                (None, None) if is_service_link(&name, &value.to_string_lossy()) => continue,
                (None, None) => return Err(SettingsError::UnknownVariable { name }),
            };
            if value.is_empty() {
                continue;
            }
            let found = variable(key, &name, value, is_file)?;
            if !seen.insert(key) {
                return Err(SettingsError::Twice {
                    variable: key.variable(),
                });
            }
            self.0.insert(key, found);
        }
        Ok(())
    }

    pub(crate) fn add_flag(&mut self, key: Key, raw: Raw) {
        self.0.insert(
            key,
            Found {
                place: Place::flag(key),
                raw,
            },
        );
    }
}

fn variable(key: Key, name: &str, value: OsString, is_file: bool) -> Result<Found, SettingsError> {
    if is_file {
        let path = PathBuf::from(value);
        let text = read_text(&path, || format!("the file {} of {name}", path.display()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        return Ok(Found {
            place: Place::variable_file(name, path),
            raw: Raw::Secret(line.into()),
        });
    }
    let place = Place::variable(name);
    let Ok(text) = value.into_string() else {
        return Err(SettingsError::Invalid {
            place,
            advice: "is not UTF-8: write it in UTF-8".to_owned(),
        });
    };
    let raw = if key.is_secret() {
        Raw::Secret(text.into())
    } else {
        Raw::Text(text)
    };
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

//! Why the settings stop the start. Each error is a sentence that names the place and says what to
//! do.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// The place where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Spot);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Spot {
    Default(&'static str),
    File {
        path: PathBuf,
        key: &'static str,
    },
    Variable(String),
    VariableFile {
        variable: String,
        path: PathBuf,
    },
    Flag(&'static str),
    Group {
        path: PathBuf,
        group: String,
        key: String,
    },
    Provider {
        path: PathBuf,
        provider: String,
        key: String,
    },
}

impl Place {
    /// A key of a group's table in this place.
    pub(crate) fn of_group(&self, group: &str, key: &str) -> Self {
        match &self.0 {
            Spot::File { path, .. } => Self(Spot::Group {
                path: path.clone(),
                group: group.to_owned(),
                key: key.to_owned(),
            }),
            // Only a file has such tables.
            _ => self.clone(),
        }
    }

    /// A key of a provider's table in a file. An empty key is the table itself.
    pub(crate) fn of_provider(path: PathBuf, provider: &str, key: &str) -> Self {
        Self(Spot::Provider {
            path,
            provider: provider.to_owned(),
            key: key.to_owned(),
        })
    }

    pub(crate) fn default(key: &'static str) -> Self {
        Self(Spot::Default(key))
    }

    pub(crate) fn file(path: PathBuf, key: &'static str) -> Self {
        Self(Spot::File { path, key })
    }

    pub(crate) fn variable(name: &str) -> Self {
        Self(Spot::Variable(name.to_owned()))
    }

    pub(crate) fn variable_file(variable: &str, path: PathBuf) -> Self {
        Self(Spot::VariableFile {
            variable: variable.to_owned(),
            path,
        })
    }

    pub(crate) fn flag(name: &'static str) -> Self {
        Self(Spot::Flag(name))
    }

    /// The kind of source, and which of them it is.
    pub(crate) fn source(&self) -> String {
        match &self.0 {
            Spot::Default(_) => "default".to_owned(),
            Spot::File { path, .. } | Spot::Group { path, .. } | Spot::Provider { path, .. } => {
                format!("file {}", path.display())
            }
            Spot::Variable(name) => format!("environment {name}"),
            Spot::VariableFile { variable, path } => {
                format!("environment {variable}, file {}", path.display())
            }
            Spot::Flag(flag) => format!("flag {flag}"),
        }
    }

    pub(crate) fn is_flag(&self) -> bool {
        matches!(self.0, Spot::Flag(_))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Spot::Default(key) => write!(f, "the default of `{key}`"),
            Spot::File { path, key } => write!(f, "`{key}` in {}", path.display()),
            Spot::Variable(name) => write!(f, "the variable {name}"),
            Spot::VariableFile { variable, path } => {
                write!(f, "the file {} of {variable}", path.display())
            }
            Spot::Flag(flag) => write!(f, "the flag {flag}"),
            Spot::Provider {
                path,
                provider,
                key,
            } => {
                let dot = if key.is_empty() { "" } else { "." };
                write!(f, "`oidc.{provider}{dot}{key}` in {}", path.display())
            }
            Spot::Group { path, group, key } => {
                write!(f, "`{key}` of the group {group} in {}", path.display())
            }
        }
    }
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file can't be read, or is not text.
    #[error("{file} can't be read: name a text file that this user may read")]
    Unreadable {
        /// The file, and its purpose.
        file: String,
        /// What the operating system answered.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML. The error quotes nothing from it, because a password may be in it.
    #[error("the settings file {} is not TOML: correct its line {line}", .path.display())]
    NotToml {
        /// The path of the file.
        path: PathBuf,
        /// The line where the reader stopped.
        line: usize,
    },
    /// A key of the file is not a setting.
    #[error("`{key}` in {} is no setting: correct its name or remove it", .path.display())]
    UnknownKey {
        /// The path of the file.
        path: PathBuf,
        /// The key, dots for tables.
        key: String,
    },
    /// The master key itself is written into the settings.
    #[error(
        "{place} is a master key among settings, where programs and people read it: put it into a file of its own and name that by `master-key-file`, or name a command by `master-key-command`"
    )]
    MasterKeyInSettings {
        /// Where it is: the key of a file, or a variable.
        place: String,
    },
    /// A variable is not a setting.
    #[error("the variable {name} is no setting: correct its name or unset it")]
    UnknownVariable {
        /// The name of the variable.
        name: String,
    },
    /// The value and the file with the value are both given.
    #[error("{variable} and {variable}_FILE are both set: unset one of them")]
    Twice {
        /// The variable's name, without `_FILE`.
        variable: String,
    },
    /// A password is in a place that every user of the machine can read.
    #[error(
        "the flag --database-url holds a password, which every user of this machine could read: use ATS_PAT_DATABASE_URL, ATS_PAT_DATABASE_URL_FILE or the settings file"
    )]
    PasswordInFlag,
    /// A provider lacks a setting that every provider needs.
    #[error(
        "the identity provider {provider} has no `{key}`: write it into [oidc.{provider}] of the settings file, or set ATS_PAT_OIDC_{}_{}",
        .provider.to_ascii_uppercase(),
        .key.replace('-', "_").to_ascii_uppercase()
    )]
    MissingOfProvider {
        /// The provider's name in the settings.
        provider: String,
        /// The key that is missing in the provider's table.
        key: &'static str,
    },
    /// Nobody could sign in.
    #[error(
        "{place} keeps people from signing in with a password, and there is no identity provider: add one by [oidc.NAME], or set it to on"
    )]
    NoWayToSignIn {
        /// The place where it was written.
        place: Place,
    },
    /// A value breaks its rule.
    #[error("{place} {advice}")]
    Invalid {
        /// The place where it was written.
        place: Place,
        /// The fault, and what to write instead.
        advice: String,
    },
    /// Everyone's address is nobody's.
    #[error(
        "{place} is a wildcard, which callers can't use: set `public-url` to the origin that they see, such as https://pat.example.com"
    )]
    WildcardWithoutPublicUrl {
        /// The place where the address was written.
        place: Place,
    },
}

//! A value as a source has it, before it is read.

use secrecy::SecretString;

use super::error::Place;

/// A value as written. It has no `Debug`, because it may be a secret.
#[derive(Clone)]
pub(crate) enum Raw {
    /// From a flag, the environment or a file of its own.
    Text(SecretString),
    /// From the settings file.
    Toml(toml::Value),
}

/// A value, and the place where it was written.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) raw: Raw,
}

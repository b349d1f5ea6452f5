//! The variables of the environment.

use std::ffi::OsString;
use std::path::PathBuf;

/// Names the file of the operator key.
const OPERATOR_KEY_FILE: &str = "ATS_PAT_OPERATOR_KEY_FILE";

/// The variables that are settings, and others that are no business of this program.
pub fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name != OPERATOR_KEY_FILE)
}

/// The file of the operator key, if the environment names one.
pub fn operator_key_file() -> Option<PathBuf> {
    let file = std::env::vars_os().find(|(name, _)| name == OPERATOR_KEY_FILE);
    file.map(|(_, path)| path.into())
        .filter(|path: &PathBuf| !path.as_os_str().is_empty())
}

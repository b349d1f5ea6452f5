//! How a program refuses a database.

use anyhow::Result;

use crate::installation::Installation;

/// The message of a program that finds a database of a later release.
pub const NEWER: &str = "the database is newer than the program";

/// Whether a program refused: it ended with this sentence and without success.
pub fn refuses(
    installation: &Installation,
    arguments: &[&str],
    sentence: &str,
) -> Result<Option<String>> {
    let ending = installation.try_admin(arguments, "")?;
    let is_right = !ending.status.success() && ending.errors.contains(sentence);
    let said = ending.errors.trim();
    Ok((!is_right).then(|| format!("`{}`: {}, {said}", arguments.join(" "), ending.status)))
}

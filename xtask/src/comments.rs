//! Checks that comments fit into 100 columns, because rustfmt doesn't wrap them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// The longest line of a comment, in characters.
const WIDTH: usize = 100;

/// The folders whose comments are checked.
const FOLDERS: &[&str] = &["bench", "bins", "crates", "examples", "prove", "xtask"];

/// The comments of this file are the cells of a table in `docs/operation.md`.
const TABLE_OF_SETTINGS: &str = "crates/program/src/settings/table.rs";

/// Checks the folders. Prints each line that is too long.
pub fn check() -> Result<()> {
    let mut breaches = Vec::new();
    for folder in FOLDERS {
        add_breaches(folder, &mut breaches)?;
    }
    for breach in &breaches {
        eprintln!("{breach}");
    }
    if !breaches.is_empty() {
        bail!("a comment has more than {WIDTH} columns: wrap it");
    }
    Ok(())
}

/// Adds a sentence for each line that is too long in the Rust files below `path`, which is relative
/// to the root.
fn add_breaches(path: &str, breaches: &mut Vec<String>) -> Result<()> {
    let place = workspace::root().join(path);
    for entry in fs::read_dir(&place).with_context(|| format!("cannot read {path}"))? {
        let entry = entry?;
        let name = format!("{path}/{}", entry.file_name().display());
        if entry.file_type()?.is_dir() {
            add_breaches(&name, breaches)?;
        } else if is_checked(&name) {
            let text = fs::read_to_string(entry.path());
            let text = text.with_context(|| format!("cannot read {name}"))?;
            let lines = too_long(&text);
            breaches.extend(lines.map(|line| format!("{name}:{line} is too long")));
        }
    }
    Ok(())
}

fn is_checked(name: &str) -> bool {
    let is_rust = Path::new(name).extension().is_some_and(|end| end == "rs");
    is_rust && name != TABLE_OF_SETTINGS
}

/// The numbers of the comment lines that are too long. Rows of tables can't be wrapped, so they may
/// have any length.
fn too_long(text: &str) -> impl Iterator<Item = usize> {
    let lines = text.lines().enumerate();
    let long = lines.filter(|(_, line)| is_comment(line) && line.chars().count() > WIDTH);
    long.map(|(index, _)| index + 1)
}

fn is_comment(line: &str) -> bool {
    line.trim_start()
        .strip_prefix("//")
        .is_some_and(|rest| !rest.trim_start_matches(['/', '!']).starts_with(" |"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        too_long(text).collect()
    }

    #[test]
    fn a_comment_has_at_most_100_columns() {
        for start in ["//", "///", "//!", "    // ", "\t/// "] {
            let fits = format!("{start}{}", "é".repeat(WIDTH - start.len()));
            assert_eq!(lines(&format!("\n{fits}\n")), [0; 0], "{start}");
            assert_eq!(lines(&format!("\n{fits}é\n{fits}")), [2], "{start}");
        }
    }

    #[test]
    fn code_and_rows_of_tables_may_be_longer() {
        let long = "x".repeat(WIDTH);
        for line in [
            format!("let {long} = 1; // why"),
            format!("//! | {long} |"),
            format!("    /// | {long} |"),
        ] {
            assert_eq!(lines(&line), [0; 0], "{line}");
        }
    }

    #[test]
    fn the_listed_folders_keep_to_it() {
        check().unwrap();
    }
}

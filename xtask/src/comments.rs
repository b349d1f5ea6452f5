//! Checks that comments fit into 100 columns, because rustfmt doesn't wrap them.

use anyhow::{Result, bail};

use crate::workspace;

/// The longest line of a comment, in characters.
const WIDTH: usize = 100;

/// The comments of this file are the cells of a table in `docs/operation.md`.
const TABLE_OF_SETTINGS: &str = "crates/program/src/settings/table.rs";

/// Checks the Rust files of the workspace. Prints each line that is too long.
pub fn check() -> Result<()> {
    let mut fits = true;
    for (name, text) in workspace::rust_files()? {
        if name == TABLE_OF_SETTINGS {
            continue;
        }
        for line in too_long(&text) {
            eprintln!("{name}:{line} is too long");
            fits = false;
        }
    }
    if !fits {
        bail!("a comment has more than {WIDTH} columns: wrap it");
    }
    Ok(())
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
    fn the_workspace_keeps_to_it() {
        check().unwrap();
    }
}

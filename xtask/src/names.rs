//! Checks that the files, folders and tests that documents name are there, because a reader goes by
//! these names.
//!
//! Decision records and the change log are not checked: they tell of the past.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// The first folders of the names that are checked.
const FOLDERS: &[&str] = &[
    "bench",
    "bins",
    "clients",
    "crates",
    "docs",
    "examples",
    "packaging",
    "prove",
    "xtask",
];

/// A name with so many words is that of a test.
const WORDS_OF_A_TEST: usize = 6;

/// Checks the pages. Prints each name that stands for nothing.
pub fn check() -> Result<()> {
    let files = workspace::rust_files()?;
    let tests: BTreeSet<&str> = files.iter().flat_map(|(_, text)| functions(text)).collect();
    let mut missing = false;
    for page in pages()? {
        let text = fs::read_to_string(&page);
        let text = text.with_context(|| format!("cannot read {}", page.display()))?;
        for name in quoted(&text) {
            let is_there = if is_path(name) {
                workspace::root().join(name).exists()
            } else {
                !is_test(name) || tests.contains(name)
            };
            if !is_there {
                eprintln!("{} names {name}, which is not there", page.display());
                missing = true;
            }
        }
    }
    if missing {
        bail!("a page names what is not there: give the name that it has now");
    }
    Ok(())
}

/// The pages at the root and in `docs`, and the first page of each crate.
fn pages() -> Result<Vec<PathBuf>> {
    let root = workspace::root();
    let mut pages = Vec::new();
    for folder in [root.to_owned(), root.join("docs")] {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let is_page = path.extension().is_some_and(|end| end == "md");
            if is_page && !path.ends_with("CHANGELOG.md") {
                pages.push(path);
            }
        }
    }
    for entry in fs::read_dir(root.join("crates"))? {
        let page = entry?.path().join("README.md");
        if page.exists() {
            pages.push(page);
        }
    }
    Ok(pages)
}

/// The parts of a text between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Whether it is a path below one of [`FOLDERS`], and no pattern.
fn is_path(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let first = name.split_once('/').map(|(first, _)| first);
    first.is_some_and(|first| FOLDERS.contains(&first)) && name.chars().all(plain)
}

/// Whether it is the name of a test. Metrics have names as long.
fn is_test(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_metric = name.starts_with("ats_pat_");
    !is_metric && name.split('_').count() >= WORDS_OF_A_TEST && name.chars().all(plain)
}

/// The names of the functions in a Rust file.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.split("fn ").skip(1);
    starts.filter_map(|rest| rest.split(['(', '<']).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_whole_path_or_a_test_between_backticks() {
        let text = "See `crates/a/src/b.rs` and crates/c.rs, `cargo run`, `docs`, `crates/*/d.rs`,\n\
                    `/docs/x`, `docs/y.md`, `a_test_has_at_least_six_words`, `a_short_one`,\n\
                    `ats_pat_a_metric_has_this_prefix`.";
        let kept = |is: fn(&str) -> bool| quoted(text).filter(|it| is(it)).collect::<Vec<_>>();
        assert_eq!(kept(is_path), ["crates/a/src/b.rs", "docs/y.md"]);
        assert_eq!(kept(is_test), ["a_test_has_at_least_six_words"]);
    }

    #[test]
    fn what_the_pages_name_is_there() {
        check().unwrap();
    }
}

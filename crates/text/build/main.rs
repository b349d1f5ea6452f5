//! Checks the catalogues and writes a method for each of their texts.
//!
//! So code doesn't compile if a text is not in the catalogue, or if it has too few or too many
//! arguments.

mod catalogue;
mod generate;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use unic_langid::LanguageIdentifier;

use crate::catalogue::{Catalogue, Message, complete};

/// The language whose catalogue says which texts exist.
const FIRST: &str = "en";

/// A language: its tag, its files by their paths in the crate, and their content.
struct Language {
    tag: String,
    files: Vec<PathBuf>,
    messages: Vec<Message>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script so"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut languages = Vec::new();
    for tag in tags(&root)? {
        languages.push(read(&root, tag)?);
    }
    let first = languages.first().ok_or("there is no catalogue")?;
    for language in &languages {
        complete(&first.messages, &language.messages)
            .map_err(|wrong| format!("{}: {wrong}", language.tag))?;
    }
    let files: Vec<(&str, &[PathBuf])> = languages
        .iter()
        .map(|language| (&*language.tag, &*language.files))
        .collect();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("methods.rs"), generate::methods(&first.messages))?;
    fs::write(
        out.join("lists.rs"),
        generate::lists(&first.messages, &files),
    )?;
    Ok(())
}

/// The folders with catalogues, English first. Each is named for its language.
fn tags(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut tags = Vec::new();
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() && !files(&path)?.is_empty() {
            let name = path.strip_prefix(root)?.display().to_string();
            name.parse::<LanguageIdentifier>()
                .map_err(|_| format!("the folder {name} is not named for a language"))?;
            tags.push(name);
        }
    }
    tags.sort_by_key(|tag| (tag != FIRST, tag.clone()));
    Ok(tags)
}

/// The files of a catalogue.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ftl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the catalogue of a language.
fn read(root: &Path, tag: String) -> Result<Language, Box<dyn Error>> {
    let mut catalogue = Catalogue::default();
    let mut paths = Vec::new();
    for file in files(&root.join(&tag))? {
        let path = file.strip_prefix(root)?.to_owned();
        catalogue
            .add(&fs::read_to_string(&file)?)
            .map_err(|wrong| format!("{}: {wrong}", path.display()))?;
        paths.push(path);
    }
    Ok(Language {
        messages: catalogue.messages,
        tag,
        files: paths,
    })
}

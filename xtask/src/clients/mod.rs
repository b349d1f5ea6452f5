//! Clients in other languages, made from the checked-in OpenAPI document by generators that others keep.
//!
//! Tools go into `target/tools/clients`, what they make into `target/clients/NAME`; neither is committed. The
//! versions of all of them stand in `versions`: a change there, in the document or here makes the clients anew.

mod dotnet;
mod node;
mod python;
mod recipe;
mod rust;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::Signals;
use crate::tools::{runs, sha512};
use crate::{apt, workspace};

pub use node::lint;
use recipe::{RECIPES, Recipe, Tools};

/// What a client depends on besides the document.
const MAKING: [&str; 9] = [
    include_str!("versions/package.json"),
    include_str!("versions/package-lock.json"),
    include_str!("versions/requirements.txt"),
    include_str!("versions/cargo-progenitor"),
    include_str!("hey-api.config.mjs"),
    include_str!("node.rs"),
    include_str!("python.rs"),
    include_str!("recipe.rs"),
    include_str!("rust.rs"),
];
/// What `docs/api.md` shows in C#.
const DOTNET_EXAMPLE: &str = "examples/aspnet-core";
/// The file in a client's folder that tells what it was made from.
const MADE_FROM: &str = ".made-from";

/// Arguments of `cargo xtask clients`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Which clients to make; all of them where none is named
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(recipe::names()))]
    names: Vec<String>,
}

/// Makes the named clients.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    let is_named = |recipe: &&Recipe| {
        arguments.names.is_empty() || arguments.names.iter().any(|name| name == recipe.name)
    };
    let recipes: Vec<_> = RECIPES.iter().filter(is_named).collect();
    ensure_for(&recipes, &signals)?;
    recipes
        .into_iter()
        .try_for_each(|recipe| make(recipe, &signals))
}

/// Makes all clients, as far as they are not there already.
pub fn make_all(signals: &Signals) -> Result<()> {
    RECIPES
        .iter()
        .try_for_each(|recipe| make(recipe, signals))?;
    dotnet::build(&workspace::root().join(DOTNET_EXAMPLE), signals)
}

/// Sees to it that all generators are there: installs what lacks, or says what to do.
pub fn ensure(signals: &Signals) -> Result<()> {
    ensure_for(&RECIPES.iter().collect::<Vec<_>>(), signals)
}

fn ensure_for(recipes: &[&Recipe], signals: &Signals) -> Result<()> {
    let need = |tools: &[Tools]| recipes.iter().any(|recipe| tools.contains(&recipe.tools));
    let node = need(&[Tools::Node]);
    let python = need(&[Tools::Python, Tools::PythonAndJava]);
    let lacking = [
        ("npm", node && !runs("npm")),
        ("python3-venv", python && !python::has_venv()),
        (
            "default-jre-headless",
            need(&[Tools::PythonAndJava]) && !runs("java"),
        ),
    ];
    let missing: Vec<_> = lacking
        .into_iter()
        .filter_map(|(package, lacks)| lacks.then_some(package))
        .collect();
    apt::ensure(
        &missing,
        "leave the clients out with `--no-clients`",
        signals,
    )?;
    if node {
        node::ensure(signals)?;
    }
    if python {
        python::ensure(signals)?;
    }
    if need(&[Tools::Rust]) {
        rust::ensure(signals)?;
    }
    Ok(())
}

/// The checked-in document.
fn document() -> PathBuf {
    workspace::root().join("docs/openapi.json")
}

/// Where tools of this kind are installed.
fn tools(kind: &str) -> PathBuf {
    workspace::root().join("target/tools/clients").join(kind)
}

fn make(recipe: &Recipe, signals: &Signals) -> Result<()> {
    let clients = workspace::root().join("target/clients");
    let home = clients.join(recipe.name);
    let document = std::fs::read(document()).context("run `cargo xtask openapi`")?;
    let made_from = digest(
        MAKING
            .iter()
            .map(|text| text.as_bytes())
            .chain([&*document]),
    );
    if is_from(&home, &made_from) {
        eprintln!("{}: is there already", recipe.name);
    } else {
        eprintln!("{}: making it in target/clients ...", recipe.name);
        std::fs::create_dir_all(&clients)?;
        node::link(&clients)?;
        // Beside its place first: a client that is there is whole.
        let folder = tempfile::tempdir_in(&clients)?;
        let fresh = folder.path().join(recipe.name);
        (recipe.make)(&fresh, signals).with_context(|| format!("cannot make {}", recipe.name))?;
        std::fs::write(fresh.join(MADE_FROM), &made_from)?;
        if home.exists() {
            std::fs::remove_dir_all(&home)?;
        }
        std::fs::rename(&fresh, &home)?;
    }
    let Some(check) = recipe.check else {
        return Ok(());
    };
    check(&home, signals).with_context(|| format!("{} is wrong", recipe.name))
}

/// Whether `folder` was filled from what has this digest.
fn is_from(folder: &Path, digest: &str) -> bool {
    std::fs::read_to_string(folder.join(MADE_FROM)).is_ok_and(|kept| kept == digest)
}

/// Installs into `folder` by `install`, unless that was done from the same `versions` before.
fn install(folder: &Path, versions: &[&str], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = digest(versions.iter().map(|text| text.as_bytes()));
    if is_from(folder, &wanted) {
        return Ok(());
    }
    eprintln!("Installing into {} ...", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    install()?;
    if !folder.is_dir() {
        bail!("nothing was installed into {}", folder.display());
    }
    std::fs::write(folder.join(MADE_FROM), wanted)?;
    Ok(())
}

fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut all = Vec::new();
    for part in parts {
        // With its length, so that nothing moves from one part to the next unseen.
        all.extend(part.len().to_le_bytes());
        all.extend(part);
    }
    sha512(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&str]) -> String {
        digest(parts.iter().map(|part| part.as_bytes()))
    }

    #[test]
    fn a_change_of_any_part_is_seen() {
        let kept = of(&["document", "versions"]);
        assert_eq!(kept, of(&["document", "versions"]));
        for other in [
            &["document", "version"][..],
            &["documentv", "ersions"],
            &["versions", "document"],
        ] {
            assert_ne!(kept, of(other), "{other:?}");
        }
    }

    #[test]
    fn what_was_installed_from_the_same_versions_stays() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tools");
        let mut installed = Vec::new();
        for versions in ["1", "1", "2"] {
            install(&folder, &[versions], || {
                installed.push(versions);
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(installed, ["1", "2"]);
    }

    #[test]
    fn what_failed_to_install_is_installed_again() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tools");
        install(&folder, &["1"], || bail!("no network")).unwrap_err();
        let mut again = false;
        install(&folder, &["1"], || {
            again = true;
            Ok(())
        })
        .unwrap();
        assert!(again);
    }
}

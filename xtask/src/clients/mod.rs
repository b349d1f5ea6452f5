//! Clients in other languages. Generators of other projects make them from the checked-in OpenAPI
//! document.
//!
//! Tools go into `target/tools/clients`, and the clients into `target/clients/NAME`. Neither is
//! committed. All versions are in `versions`. A change there, in the document or here makes the
//! clients again.

mod dotnet;
pub mod install;
mod node;
pub mod python;
mod recipe;
mod rust;

use anyhow::{Context, Result};

use crate::process::Signals;
use crate::tools::runs;
use crate::{apt, workspace};

use install::{MADE_FROM, digest, document, is_from};
pub use node::lint;
use recipe::{RECIPES, Recipe, Tools};

/// The files that a client depends on, in addition to the document.
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

/// Makes all clients that are missing or out of date, and checks the packages for .NET.
pub fn make_all(signals: &Signals) -> Result<()> {
    RECIPES
        .iter()
        .try_for_each(|recipe| make(recipe, signals))?;
    dotnet::check(signals)
}

/// Makes sure that all generators are there: installs what is missing, or says what to do.
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
        // First under another name, so that a client with the final name is complete.
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

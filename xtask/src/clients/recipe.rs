//! How each client is made, and how it is checked in its folder.

use std::path::Path;
use std::process::Stdio;

use anyhow::Result;

use super::install::document;
use super::{dotnet, node, python, rust};
use crate::process::Signals;
use crate::workspace;

/// How a client is generated and checked.
pub struct Recipe {
    /// The name of its folder.
    pub name: &'static str,
    /// The tools for making it.
    pub tools: Tools,
    /// Makes it in a folder that does not exist yet.
    pub make: fn(&Path, &Signals) -> Result<()>,
    /// Checks it in its folder, if that tells more than running it.
    pub check: Option<fn(&Path, &Signals) -> Result<()>>,
}

/// The tools for making a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tools {
    /// Node.js, and packages from npm.
    Node,
    /// Python, and packages from PyPI.
    Python,
    /// The same, and one of the packages has a program for Java.
    PythonAndJava,
    /// A package from crates.io.
    Rust,
}

/// The recipe of every client.
pub const RECIPES: [Recipe; 6] = [
    Recipe {
        name: "openapi-fetch",
        tools: Tools::Node,
        make: openapi_fetch,
        check: Some(types),
    },
    Recipe {
        name: "hey-api",
        tools: Tools::Node,
        make: hey_api,
        check: Some(types),
    },
    Recipe {
        name: "openapi-generator-python",
        tools: Tools::PythonAndJava,
        make: openapi_generator_python,
        check: None,
    },
    Recipe {
        name: "openapi-python-client",
        tools: Tools::Python,
        make: openapi_python_client,
        check: None,
    },
    Recipe {
        name: "progenitor",
        tools: Tools::Rust,
        make: progenitor,
        check: None,
    },
    Recipe {
        name: "openapi-generator-csharp",
        tools: Tools::PythonAndJava,
        make: openapi_generator_csharp,
        check: Some(dotnet::build),
    },
];

/// The names of all recipes, for arguments.
pub fn names() -> Vec<&'static str> {
    RECIPES.iter().map(|recipe| recipe.name).collect()
}

/// Strict, and with the module rules of Node.js. Of libraries, only the used parts are checked.
const TYPESCRIPT: &str = r#"{
  "compilerOptions": {
    "target": "ES2022",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "module": "NodeNext",
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "noImplicitOverride": true,
    "skipLibCheck": true
  },
  "exclude": ["built", "tour*"]
}
"#;

fn openapi_fetch(folder: &Path, signals: &Signals) -> Result<()> {
    typescript_package(folder)?;
    let mut generator = node::program("openapi-typescript");
    generator
        .arg(document())
        .arg("--output")
        .arg(folder.join("schema.d.ts"));
    signals.succeed(&mut generator)
}

fn hey_api(folder: &Path, signals: &Signals) -> Result<()> {
    let mut generator = node::program("openapi-ts");
    generator
        .arg("--file")
        .arg(workspace::root().join("xtask/src/clients/hey-api.config.mjs"))
        .env("DOCUMENT", document())
        .env("CLIENT", folder)
        .stdout(Stdio::null());
    signals.succeed(&mut generator)?;
    typescript_package(folder)
}

fn openapi_generator_python(folder: &Path, signals: &Signals) -> Result<()> {
    let properties = "packageName=ats_pat_client,hideGenerationTimestamp=true";
    openapi_generator("python", properties, folder, signals)
}

fn openapi_generator_csharp(folder: &Path, signals: &Signals) -> Result<()> {
    let properties = "packageName=Ats.PersonalAccessTokens,library=generichost,\
                      targetFramework=net8.0,nullableReferenceTypes=true";
    openapi_generator("csharp", properties, folder, signals)
}

fn openapi_generator(
    generator: &str,
    properties: &str,
    folder: &Path,
    signals: &Signals,
) -> Result<()> {
    let mut command = python::program("openapi-generator-cli");
    command
        .args(["generate", "--generator-name", generator, "--input-spec"])
        .arg(document())
        .arg("--output")
        .arg(folder)
        .args(["--additional-properties", properties])
        // Otherwise it prints a line for every file that it writes.
        .env("JAVA_OPTS", "-Dlog.level=error")
        .stdout(Stdio::null());
    signals.succeed(&mut command)
}

fn openapi_python_client(folder: &Path, signals: &Signals) -> Result<()> {
    let mut command = python::program("openapi-python-client");
    command
        .args(["generate", "--fail-on-warning", "--path"])
        .arg(document())
        .arg("--output-path")
        .arg(folder);
    signals.succeed(&mut command)
}

fn progenitor(folder: &Path, signals: &Signals) -> Result<()> {
    let mut command = rust::program();
    command
        .arg("--input")
        .arg(document())
        .arg("--output")
        .arg(folder)
        .args(["--name", "ats-pat-api-client", "--version", "1.0.0"])
        .args(["--license-name", "MIT OR Apache-2.0"])
        .args(["--interface", "builder", "--include-client", "false"])
        // It prints a line for every type that it finds.
        .stdout(Stdio::null());
    signals.succeed(&mut command)?;
    // Its folder is below this workspace, but it is not a member.
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)?;
    std::fs::write(&manifest, text + "\n[workspace]\n")?;
    Ok(())
}

fn typescript_package(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("package.json"), "{ \"type\": \"module\" }\n")?;
    std::fs::write(folder.join("tsconfig.json"), TYPESCRIPT)?;
    Ok(())
}

/// Checks the types of a client in TypeScript.
fn types(folder: &Path, signals: &Signals) -> Result<()> {
    let mut tsc = node::program("tsc");
    signals.succeed(tsc.arg("--noEmit").arg("--project").arg(folder))
}

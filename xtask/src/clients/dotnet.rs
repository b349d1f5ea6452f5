//! Checks what belongs to .NET: always by parsing it, and by the .NET SDK if this machine has it.

use std::path::Path;
use std::process::Stdio;

use anyhow::Result;

use super::python;
use crate::process::Signals;
use crate::tools::runs;
use crate::workspace;

/// The program that parses C# and project files.
const PARSER: &str = include_str!("csharp.py");
/// The folders with code of .NET.
const FOLDERS: [&str; 2] = ["clients/dotnet", "examples/aspnet-core"];

/// Parses every file of .NET in this repository, and builds the packages with their tests and the
/// example where the .NET SDK is.
pub fn check(signals: &Signals) -> Result<()> {
    let mut parser = python::program("python");
    parser.arg("-c").arg(PARSER);
    parser.args(FOLDERS.map(|folder| workspace::root().join(folder)));
    signals.succeed(&mut parser)?;
    FOLDERS
        .iter()
        .try_for_each(|folder| build(&workspace::root().join(folder), signals))
}

/// Builds the project or solution in `folder`, or says that it was not built.
pub fn build(folder: &Path, signals: &Signals) -> Result<()> {
    if !runs("dotnet") {
        eprintln!(
            "{}: not compiled, since dotnet is not on this machine.",
            folder.display()
        );
        return Ok(());
    }
    let mut build = workspace::command("dotnet");
    build
        .args([
            "build",
            "--nologo",
            "--verbosity",
            "quiet",
            "--artifacts-path",
        ])
        .arg(workspace::root().join("target/dotnet"))
        .env("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
        .stdin(Stdio::null())
        .current_dir(folder);
    signals.succeed(&mut build)
}

//! Compiles the code in C#, if this machine can.

use std::path::Path;
use std::process::Stdio;

use anyhow::Result;

use crate::process::Signals;
use crate::tools::runs;
use crate::workspace;

/// Builds the project in `folder`, or says that it was not built.
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

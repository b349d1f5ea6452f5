//! The checked-in OpenAPI document, written by the program that it describes.

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::process::Signals;
use crate::workspace;

/// Replaces `docs/openapi.json` by what `ats-pat-api` says of itself, or leaves it as it was.
pub fn run() -> Result<()> {
    let signals = Signals::watch()?;
    let docs = workspace::root().join("docs");
    std::fs::create_dir_all(&docs).with_context(|| format!("cannot make {}", docs.display()))?;
    // Beside its destination, so that renaming it there is one step.
    let mut document =
        NamedTempFile::with_prefix_in(".openapi.", &docs).context("cannot write into docs")?;
    let mut example = workspace::command("cargo");
    example.args([
        "run",
        "--quiet",
        "--package",
        "ats-pat-api",
        "--example",
        "openapi",
    ]);
    example.stdin(Stdio::null()).stdout(document.reopen()?);
    signals.succeed(&mut example)?;
    document.flush()?;
    if document.as_file().metadata()?.len() == 0 {
        bail!("the example wrote nothing; docs/openapi.json stays as it was");
    }
    publish(document, &docs.join("openapi.json"))
}

fn publish(document: NamedTempFile, path: &std::path::Path) -> Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private; this one is for everybody.
    document
        .as_file()
        .set_permissions(Permissions::from_mode(0o644))?;
    document
        .persist(path)
        .with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(())
}

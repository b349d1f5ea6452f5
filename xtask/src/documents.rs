//! Checked-in documents. The programs that they describe write them.

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::process::Signals;
use crate::workspace;

/// Replaces `docs/openapi.json` by the output of `ats-pat-api`, or leaves it unchanged.
pub fn openapi() -> Result<()> {
    write("openapi.json", "ats-pat-api", "openapi")
}

/// Replaces the table in `docs/operation.md` by the settings of `ats-pat-program`, or leaves the
/// page unchanged.
pub fn settings() -> Result<()> {
    write("operation.md", "ats-pat-program", "settings")
}

/// Replaces the files in `docs/vectors` by what the tests of `ats-pat-verify` say.
pub fn vectors() -> Result<()> {
    let signals = Signals::watch()?;
    let mut command = workspace::command("cargo");
    command
        .args(["test", "--quiet", "--workspace", "--test", "vectors"])
        .env("ATS_PAT_WRITE_VECTORS", "1")
        .stdin(Stdio::null());
    signals.succeed(&mut command)
}

fn write(name: &str, package: &str, example: &str) -> Result<()> {
    let signals = Signals::watch()?;
    let docs = workspace::root().join("docs");
    std::fs::create_dir_all(&docs).with_context(|| format!("cannot make {}", docs.display()))?;
    // Beside its destination, so that renaming it is one step.
    let mut document =
        NamedTempFile::with_prefix_in(".document.", &docs).context("cannot write into docs")?;
    let mut command = workspace::command("cargo");
    command.args(["run", "--quiet", "--package", package, "--example", example]);
    command.stdin(Stdio::null()).stdout(document.reopen()?);
    signals.succeed(&mut command)?;
    document.flush()?;
    if document.as_file().metadata()?.len() == 0 {
        bail!("the example wrote nothing; docs/{name} stays as it was");
    }
    publish(document, &docs.join(name))
}

fn publish(document: NamedTempFile, path: &std::path::Path) -> Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private, but this one is for everybody.
    document
        .as_file()
        .set_permissions(Permissions::from_mode(0o644))?;
    document
        .persist(path)
        .with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(())
}

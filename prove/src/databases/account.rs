//! The account of database servers: `nobody`, because PostgreSQL refuses to run as root.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Debian's `nobody` and `nogroup`.
const NOBODY: u32 = 65_534;

/// `program` under that account. It ends when this program does.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .arg("--pdeathsig=KILL")
        .arg(format!("--reuid={NOBODY}"))
        .arg(format!("--regid={NOBODY}"))
        .arg("--clear-groups")
        .arg("--")
        .arg(program);
    command
}

/// Makes a folder that belongs to that account.
pub fn folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)?;
    chown(path, Some(NOBODY), Some(NOBODY))
        .with_context(|| format!("cannot give {} to nobody: run this as root", path.display()))
}

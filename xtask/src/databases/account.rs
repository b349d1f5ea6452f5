//! The account of a database server: this program's, or `nobody` if this program runs as root,
//! because PostgreSQL refuses root.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::is_root;

/// Debian's `nobody` and `nogroup`. No package is needed for this account.
const NOBODY: u32 = 65_534;

/// `program` under the servers' account. The kernel sends it `death_signal` when this program dies,
/// even of SIGKILL. The program is in a process group of its own, so ctrl-C doesn't reach it
/// directly. This program ends it, after the tests have ended.
pub fn command(program: &Path, death_signal: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("setpriv");
    command.arg(format!("--pdeathsig={death_signal}"));
    if is_root() {
        command
            .arg(format!("--reuid={NOBODY}"))
            .arg(format!("--regid={NOBODY}"))
            .arg("--clear-groups");
    }
    command.arg("--").arg(program).process_group(0);
    command
}

/// Gives `path` to the servers' account.
pub fn give(path: &Path) -> Result<()> {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY))
            .with_context(|| format!("cannot give {} to the account nobody", path.display()))?;
    }
    Ok(())
}

//! Installs missing packages of Debian without letting their services start.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{Signals, is_root};

/// The program that Debian's package scripts ask before they start a service.
const POLICY: &str = "/usr/sbin/policy-rc.d";
/// "Action forbidden by policy."
const POLICY_TEXT: &str = "#!/bin/sh\nexit 101\n";
/// The folders of programs. Only root's search path has `/usr/sbin` in it.
const PROGRAMS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// The full path of `program`.
pub fn find(program: &str) -> Option<PathBuf> {
    PROGRAMS
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.is_file())
}

/// Installs the packages in `missing`, if this account may. Otherwise it says what to run, or what
/// to do `instead`.
pub fn ensure(missing: &[&str], instead: &str, signals: &Signals) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !is_root() || find("apt-get").is_none() {
        bail!("{}", advice(&packages, instead));
    }
    eprintln!("Installing {packages} ...");
    install(missing, signals).with_context(|| advice(&packages, instead))
}

fn advice(packages: &str, instead: &str) -> String {
    format!(
        "the tests need {packages}, which this machine lacks. On Debian run, as root, \
         `apt-get install {packages}`; or {instead}"
    )
}

fn install(packages: &[&str], signals: &Signals) -> Result<()> {
    let _guard = NoServices::forbid()?;
    signals.succeed(apt_get().arg("update"))?;
    signals.succeed(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args([
            "--quiet=2",
            "--option=DPkg::Lock::Timeout=300",
            "--option=Dpkg::Use-Pty=0",
        ])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    command
}

/// While this exists, Debian's packages may not start services.
struct NoServices {
    ours: bool,
}

impl NoServices {
    fn forbid() -> Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        match std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(POLICY)
        {
            Ok(mut file) => {
                let guard = Self { ours: true };
                file.write_all(POLICY_TEXT.as_bytes())?;
                Ok(guard)
            }
            // Container images have one. A policy of the machine's owner must not be changed.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Self { ours: false }),
            Err(error) => Err(error).with_context(|| format!("cannot write {POLICY}")),
        }
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours {
            // If this fails, the file only keeps services from starting, and the next package
            // reports that.
            let _ = std::fs::remove_file(POLICY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_is_named_with_its_remedy() {
        let text = advice("mariadb-server", "leave it out");
        assert!(
            text.contains("apt-get install mariadb-server") && text.ends_with("; or leave it out"),
            "{text}"
        );
    }
}

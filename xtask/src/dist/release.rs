//! What all parts of a release share.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// The programs that are given to operators.
pub const PROGRAMS: [&str; 2] = ["ats-pat-server", "ats-pat-admin"];

/// The names and times that all parts share.
pub struct Release {
    pub version: String,
    /// As Debian names it.
    pub architecture: &'static str,
    /// The time of the commit, in seconds since the epoch: the same input makes the same files.
    pub time: u64,
    /// Who answers for the Debian package.
    pub maintainer: String,
}

impl Release {
    /// What these programs and git say.
    pub fn of(programs: &Path, maintainer: String) -> Result<Self> {
        let told = output_of(
            workspace::command(&programs.join(PROGRAMS[0]).to_string_lossy()).arg("--version"),
        )?;
        let version = told
            .split_whitespace()
            .nth(1)
            .context("the server tells no version")?;
        let time = output_of(workspace::command("git").args(["log", "-1", "--format=%ct"]));
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => bail!("Debian's name of {other} is not known here"),
        };
        Ok(Self {
            version: version.to_owned(),
            architecture,
            // An archive without git has no time of its own.
            time: time.ok().and_then(|time| time.parse().ok()).unwrap_or(0),
            maintainer,
        })
    }
}

/// What a command that must succeed says.
pub fn output_of(command: &mut std::process::Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!("{name} failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

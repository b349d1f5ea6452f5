//! A private server with an empty database. It stops when this value is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Signals, send};
use crate::steps::step;
use crate::workspace;

const SERVER: &str = "ats-pat-server";
const ADMIN: &str = "ats-pat-admin";
/// The text that the server prints before the link for its first administrator.
const SET_UP_LINK: &str = "set-up link: ";
/// The text that it prints before its address, when it serves.
const LISTENING: &str = "listening on ";

/// The folder of the server and the admin program: the given one, or that of a new build.
pub fn programs(given: Option<&PathBuf>, signals: &Signals) -> Result<PathBuf> {
    if let Some(folder) = given {
        return Ok(folder.clone());
    }
    let mut folder = PathBuf::new();
    step("server", || {
        folder = build(signals)?;
        Ok(())
    })?;
    Ok(folder)
}

fn build(signals: &Signals) -> Result<PathBuf> {
    let mut cargo = workspace::command("cargo");
    signals.succeed(cargo.args(["build", "--package", SERVER, "--package", ADMIN]))?;
    Ok(workspace::metadata()?.target_directory.join("debug").into())
}

/// A server that runs for a test.
pub struct Server {
    child: Child,
    link: String,
    address: String,
    programs: PathBuf,
    /// It is kept open, because the server fails if it prints into a closed pipe.
    stdout: Option<BufReader<ChildStdout>>,
    data: TempDir,
}

impl Server {
    /// Starts the server of this folder on a free port, over SQLite in a temporary folder.
    /// These settings come on top of the defaults.
    pub fn start(programs: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut command = program(programs, SERVER, data.path());
        command.args(["--listen", "127.0.0.1:0"]);
        command.envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {SERVER} of {}", programs.display()))?;
        let stdout = child.stdout.take().map(BufReader::new);
        let mut server = Self {
            child,
            link: String::new(),
            address: String::new(),
            programs: programs.to_owned(),
            stdout,
            data,
        };
        (server.link, server.address) = server.read_link()?;
        Ok(server)
    }

    /// The URL at which it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Runs the admin program at its database. Returns the output.
    pub fn admin(&self, arguments: &[&str]) -> Result<String> {
        let mut command = program(&self.programs, ADMIN, self.data.path());
        let output = command.args(arguments).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{ADMIN} failed: {}", said.trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The link for its first administrator.
    pub fn link(&self) -> &str {
        &self.link
    }

    fn read_link(&mut self) -> Result<(String, String)> {
        let stdout = self.stdout.as_mut().context("the server has no output")?;
        let mut link = None;
        for line in stdout.lines() {
            let line = line?;
            if let Some(printed) = line.strip_prefix(SET_UP_LINK) {
                link = Some(printed.to_owned());
            }
            if let Some(address) = line.strip_prefix(LISTENING) {
                let link = link.context("the server printed no set-up link")?;
                return Ok((link, address.to_owned()));
            }
        }
        bail!("the server ended before it served");
    }
}

/// A program of the product with the data in this folder.
fn program(programs: &Path, name: &str, data: &Path) -> Command {
    let mut command = workspace::command(&programs.join(name).to_string_lossy());
    // The developer's own settings may name a database that is in use.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ATS_PAT_") {
            command.env_remove(name);
        }
    }
    command.env("ATS_PAT_LOG", "error");
    command.env("ATS_PAT_DATA_DIR", data);
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        send(&self.child, Signal::INT);
        // It finishes the answers that it has begun, and ends. This fails only if it has already
        // ended.
        let _ = self.child.wait();
    }
}

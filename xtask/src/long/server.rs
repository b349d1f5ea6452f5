//! A private server with an empty database. It stops when this value is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Signals, send};
use crate::workspace;

const SERVER: &str = "ats-pat-server";
/// The text that the server prints before the link for its first administrator.
const SET_UP_LINK: &str = "set-up link: ";
/// The text that it prints when it serves.
const LISTENING: &str = "listening on ";

/// Builds the server. Returns the folder of its program.
pub fn build(signals: &Signals) -> Result<PathBuf> {
    let mut cargo = workspace::command("cargo");
    signals.succeed(cargo.args(["build", "--package", SERVER]))?;
    Ok(workspace::metadata()?.target_directory.join("debug").into())
}

/// A running server.
pub struct Server {
    child: Child,
    link: String,
    /// It is kept open, because the server fails if it prints into a closed pipe.
    stdout: Option<BufReader<ChildStdout>>,
    _data: TempDir,
}

impl Server {
    /// Starts the server of this folder on a free port, over SQLite in a temporary folder.
    pub fn start(programs: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let program = programs.join(SERVER);
        let mut command = workspace::command(&program.to_string_lossy());
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(data.path());
        // The developer's own settings may name a database that is in use.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ATS_PAT_") {
                command.env_remove(name);
            }
        }
        command.env("ATS_PAT_LOG", "error");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().map(BufReader::new);
        let mut server = Self {
            child,
            link: String::new(),
            stdout,
            _data: data,
        };
        server.link = server.read_link()?;
        Ok(server)
    }

    /// The link for its first administrator.
    pub fn link(&self) -> &str {
        &self.link
    }

    fn read_link(&mut self) -> Result<String> {
        let stdout = self.stdout.as_mut().context("the server has no output")?;
        let mut link = None;
        for line in stdout.lines() {
            let line = line?;
            if let Some(printed) = line.strip_prefix(SET_UP_LINK) {
                link = Some(printed.to_owned());
            }
            if line.starts_with(LISTENING) {
                return link.context("the server printed no set-up link");
            }
        }
        bail!("the server ended before it served");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        send(&self.child, Signal::INT);
        // It finishes the answers that it has begun, and ends. This fails only if it has already
        // ended.
        let _ = self.child.wait();
    }
}

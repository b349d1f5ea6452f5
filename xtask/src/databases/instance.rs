//! A database server as a child process. It is started on a free port, and stopped when this value
//! is dropped.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::process::{self, Signals};

/// How often a port is tried, because another program may take it between its choice and its use.
const TRIES: u32 = 3;
/// Polls of the server before giving up. Each takes at least a hundredth of a second.
const POLLS: u32 = 3_000;

/// A private server that runs.
pub struct Instance {
    child: Child,
    stop: Signal,
    url: String,
    /// The command that started it.
    words: Vec<String>,
}

/// The facts that a kind of database tells about its server.
pub struct Server<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// The file with its output.
    pub log: PathBuf,
    /// The signal that stops it at once, because its data is worth nothing.
    pub stop: Signal,
    /// Its administrative URL at a port.
    pub url: &'a dyn Fn(u16) -> String,
    /// The command that runs it in the foreground at a port.
    pub serve: &'a dyn Fn(u16) -> Command,
    /// A command that succeeds if it answers a query at a port.
    pub probe: &'a dyn Fn(u16) -> Command,
}

impl Instance {
    /// Starts the server and waits until it answers.
    pub fn start(server: &Server, signals: &Signals) -> Result<Self> {
        for _ in 0..TRIES {
            if let Some(instance) = Self::attempt(server, signals)? {
                return Ok(instance);
            }
        }
        bail!(
            "{} did not start; its log ends:\n{}",
            server.name,
            last_lines(&server.log)
        );
    }

    /// The URL of an administrative database on it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id, URL and command, separated by tabs, for programs that stop it and start it
    /// again.
    pub fn line(&self) -> String {
        let words = self.words.join("\t");
        format!("{}\t{}\t{words}", self.child.id(), self.url)
    }

    fn attempt(server: &Server, signals: &Signals) -> Result<Option<Self>> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let mut command = (server.serve)(port);
        log_to(&mut command, &server.log)?;
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", process::name(&command)))?;
        let mut instance = Self {
            child,
            stop: server.stop,
            url: (server.url)(port),
            words: process::words(&command),
        };
        for _ in 0..POLLS {
            if instance.child.try_wait()?.is_some() {
                return Ok(None);
            }
            let mut probe = (server.probe)(port);
            probe
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            if signals.run(&mut probe)?.success() {
                return Ok(Some(instance));
            }
            signals.pause()?;
        }
        bail!(
            "{} does not answer; its log ends:\n{}",
            server.name,
            last_lines(&server.log)
        );
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        process::send(&self.child, self.stop);
        // It has ended after this. It doesn't matter whether it had ended before.
        let _ = self.child.wait();
    }
}

/// Runs a preparing command, such as `initdb`. If it fails, its output is printed.
pub fn prepare(command: &mut Command, log: &Path, signals: &Signals) -> Result<()> {
    log_to(command, log)?;
    signals
        .succeed(command)
        .with_context(|| format!("its output ends:\n{}", last_lines(log)))
}

fn log_to(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stderr(file.try_clone()?)
        .stdout(file);
    Ok(())
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let from = lines.len().saturating_sub(20);
    lines.get(from..).unwrap_or_default().join("\n")
}

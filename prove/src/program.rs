//! Programs as child processes: started, watched, ended.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::Pid;

/// How much of a log is read for a message.
const TAIL: u64 = 2_000;

/// A running program. It is killed when this is dropped.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it. Its output is appended to the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log);
        let file = file.with_context(|| format!("cannot write {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let name = command.get_program().display().to_string();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Kills it, like a loss of power, and waits until it is gone.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        // It may have ended already.
        let _ = self.child.kill();
        Ok(self.child.wait()?)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The end of its output.
    pub fn last_words(&self) -> String {
        tail(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // If this fails, the process has already ended.
        let _ = self.kill();
    }
}

/// The result and the output of a program that ran to its end.
pub struct Ending {
    pub status: ExitStatus,
    /// All that it wrote to standard output.
    pub output: String,
    /// All that it wrote to standard error.
    pub errors: String,
}

/// Runs `command` to its end, with `input` on standard input.
pub fn finish(command: &mut Command, input: &str) -> Result<Ending> {
    let name = command.get_program().display().to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended before it read this reports that by its exit status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ending {
        status: output.status,
        output: text(&output.stdout),
        errors: text(&output.stderr),
    })
}

fn tail(log: &Path) -> Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

//! The WebDriver program of one browser.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process_group, set_child_subreaper, waitpgid,
};
use tempfile::TempDir;

use super::deadline::{DEADLINE, TICK};
use super::engine::Engine;

/// How often it is started before the machine is to blame.
const STARTS: u32 = 5;

/// A running WebDriver program with a folder for its browser; it ends, and the folder goes, with
/// this value.
pub struct Driver {
    engine: Engine,
    child: Child,
    /// Kept open, so that it can go on writing.
    output: Option<BufReader<ChildStdout>>,
    /// What draws the windows of a browser that can't do without.
    display: Option<Display>,
    url: String,
    folder: Option<TempDir>,
}

impl Driver {
    /// Starts one on a free port. The port that it chooses for one family of addresses may be taken
    /// in the other; it ends then, and another try finds another.
    pub async fn start(engine: Engine, time_zone: &str) -> Self {
        for _ in 0..STARTS {
            if let Some(driver) = Self::try_start(engine, time_zone).await {
                return driver;
            }
        }
        panic!("the driver of {engine:?} does not start: `cargo xtask test` installs it");
    }

    async fn try_start(engine: Engine, time_zone: &str) -> Option<Self> {
        let folder = TempDir::with_prefix("ats-pat-browser-").expect("a temporary folder");
        // What the driver started and leaves behind becomes this process's own, to be waited for.
        set_child_subreaper(Some(getpid())).expect("Linux can do this");
        let display = match engine {
            Engine::WebKit => Some(Display::start().await),
            _ => None,
        };
        if let Some(program) = engine.program() {
            write_launcher(&launcher(folder.path()), program);
        }
        let port = free_port();
        let (program, arguments) = engine.driver(port);
        // The kernel ends it when the test's thread ends, however that happens; Chromium, which
        // talks to it through a pipe, ends then by itself.
        let mut command = mortal(&program);
        command
            .args(arguments)
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path())
            .env("TZ", time_zone)
            .env("LANG", "C.UTF-8");
        if let Some(display) = &display {
            command.env("DISPLAY", &display.name);
        }
        let mut child = command.spawn().expect("a program is started");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut driver = Self {
            engine,
            child,
            output: None,
            display,
            url: format!("http://127.0.0.1:{port}"),
            folder: Some(folder),
        };
        let Some(announcement) = engine.announcement() else {
            driver.output = Some(output);
            return listens(port).await.then_some(driver);
        };
        let reading = tokio::task::spawn_blocking(move || {
            let port = after(&mut output, announcement);
            (port, output)
        });
        let (port, output) = reading.await.expect("its output is read");
        driver.output = Some(output);
        driver.url = format!("http://127.0.0.1:{}", port?);
        Some(driver)
    }

    /// Whose driver it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// What starts the browser, where the driver has to be told.
    pub fn launcher(&self) -> PathBuf {
        launcher(self.folder())
    }

    /// The URL that the driver listens at.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of its browser.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().expect("there until the end").path()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end(&mut self.child);
        self.display = None;
        if let Some(folder) = self.folder.take() {
            // A folder that stays in the system's temporary folder fails no test.
            let _ = folder.close();
        }
    }
}

/// A screen that nobody looks at.
struct Display {
    child: Child,
    name: String,
}

impl Display {
    async fn start() -> Self {
        let mut command = mortal(Path::new("Xvfb"));
        command.args(["-displayfd", "1", "-nolisten", "tcp"]);
        command.args(["-screen", "0", "1600x1200x24"]);
        let mut child = command
            .spawn()
            .expect("Xvfb starts: `cargo xtask test` installs it");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let reading = tokio::task::spawn_blocking(move || after(&mut output, ""));
        let number = reading.await.expect("its output is read");
        let number = number.expect("Xvfb finds a free number: `cargo xtask test` installs it");
        Self {
            child,
            name: format!(":{number}"),
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A command in a group of its own, so that all it starts can be ended at once; the kernel ends it
/// with this thread.
fn mortal(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig=KILL", "--"])
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// Ends a program and all that it started.
fn end(child: &mut Child) {
    let group = Pid::from_child(child);
    // What has ended already can't be ended.
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait();
    // A browser's many processes are ours now: when all are gone, nobody writes into the folder any
    // more.
    while waitpgid(group, WaitOptions::empty()).is_ok() {}
}

fn launcher(folder: &Path) -> PathBuf {
    folder.join("browser")
}

/// Writes a program that starts the browser so that it ends with its driver.
fn write_launcher(file: &Path, program: &str) {
    let text = format!("#!/bin/sh\nexec setpriv --pdeathsig=KILL -- {program} \"$@\"\n");
    std::fs::write(file, text).expect("the folder takes a file");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).expect("it is ours");
}

/// What stands behind `announcement` in the first line that has it.
fn after(output: &mut impl BufRead, announcement: &str) -> Option<String> {
    output.lines().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once(announcement)?;
        Some(rest.trim().trim_end_matches('.').to_owned())
    })
}

/// A port that is free right now; another program may take it, which is why there are several
/// tries.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until somebody listens there.
async fn listens(port: u16) -> bool {
    let connecting = async {
        while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            tokio::time::sleep(TICK).await;
        }
    };
    tokio::time::timeout(DEADLINE, connecting).await.is_ok()
}

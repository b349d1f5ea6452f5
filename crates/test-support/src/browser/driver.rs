//! The ChromeDriver of one browser.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process_group, set_child_subreaper, waitpgid,
};
use tempfile::TempDir;

/// What it says when it listens.
const STARTED: &str = "started successfully on port ";
/// How often it is started before the machine is to blame.
const STARTS: u32 = 5;

/// A running ChromeDriver with a folder for its Chromium; it ends, and the folder goes, with this value.
pub struct Driver {
    child: Child,
    /// Kept open, so that it can go on writing.
    output: Option<BufReader<ChildStdout>>,
    url: String,
    folder: Option<TempDir>,
}

impl Driver {
    /// Starts one on a free port. The port that it chooses for one family of addresses may be taken in the
    /// other; it ends then, and another try finds another.
    pub async fn start() -> Self {
        for _ in 0..STARTS {
            if let Some(driver) = Self::try_start().await {
                return driver;
            }
        }
        panic!("chromedriver does not start: `cargo xtask test` installs it");
    }

    async fn try_start() -> Option<Self> {
        let folder = TempDir::with_prefix("ats-pat-browser-").expect("a temporary folder");
        // What ChromeDriver started and leaves behind becomes this process's own, to be waited for.
        set_child_subreaper(Some(getpid())).expect("Linux can do this");
        // The kernel ends it when the test's thread ends, however that happens; Chromium, which talks to it
        // through a pipe, ends then by itself.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig=KILL", "--", "chromedriver", "--port=0"])
            .env("HOME", folder.path())
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // So that both can be ended at once.
            .process_group(0);
        let mut child = command
            .spawn()
            .expect("chromedriver starts: `cargo xtask test` installs it");
        let output = child.stdout.take().expect("its output");
        let reading = tokio::task::spawn_blocking(move || {
            let mut output = BufReader::new(output);
            let port = output
                .by_ref()
                .lines()
                .map_while(Result::ok)
                .find_map(|line| {
                    let (_, port) = line.split_once(STARTED)?;
                    Some(port.trim_end_matches('.').to_owned())
                });
            (port, output)
        });
        let mut driver = Self {
            child,
            output: None,
            url: String::new(),
            folder: Some(folder),
        };
        let (port, output) = reading.await.expect("its output is read");
        driver.output = Some(output);
        driver.url = format!("http://127.0.0.1:{}", port?);
        Some(driver)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of its Chromium.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().expect("there until the end").path()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        // What has ended already can't be ended.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        // Chromium's many processes are ours now: when all are gone, nobody writes into the folder any more.
        while waitpgid(group, WaitOptions::empty()).is_ok() {}
        if let Some(folder) = self.folder.take() {
            // A folder that stays in the system's temporary folder fails no test.
            let _ = folder.close();
        }
    }
}

//! The ChromeDriver of one browser.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tempfile::TempDir;

/// What it says when it listens.
const STARTED: &str = "started successfully on port ";
/// How often the end of its processes is looked for, every ten milliseconds.
const LOOKS: u32 = 200;

/// A running ChromeDriver with a folder for its Chromium; it ends, and the folder goes, with this value.
pub struct Driver {
    child: Child,
    /// Kept open, so that it can go on writing.
    output: Option<BufReader<ChildStdout>>,
    url: String,
    folder: Option<TempDir>,
}

impl Driver {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let folder = TempDir::with_prefix("ats-pat-browser-").expect("a temporary folder");
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
        let port = port.expect("chromedriver starts: `cargo xtask test` installs it");
        driver.output = Some(output);
        driver.url = format!("http://127.0.0.1:{port}");
        driver
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
        for _ in 0..LOOKS {
            if test_kill_process_group(group).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        if let Some(folder) = self.folder.take() {
            // A folder that stays in the system's temporary folder fails no test.
            let _ = folder.close();
        }
    }
}

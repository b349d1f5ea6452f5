//! The program under test, in a folder of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

use ats_pat_test_support::left_on_disk;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The server.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_ats-pat-server");

/// A working directory.
pub struct Folder(TempDir);

impl Folder {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Every file and folder in it, sorted.
    pub fn left_on_disk(&self) -> Vec<String> {
        left_on_disk(self.0.path())
    }

    /// The server in this folder, with these arguments and nothing but this environment.
    pub fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = self.command_by(PROGRAM, environment);
        command.args(arguments);
        command
    }

    /// Another program in this folder, which runs the server.
    pub fn command_by(&self, program: &str, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("ATS_PAT_DRAIN_SECONDS", "0")
            .envs(environment.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts the server, which must fail with this exit code and one line of reason. Returns the
    /// line.
    #[track_caller]
    pub fn refusal(&self, code: i32, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        // Without the log, because its lines differ from run to run.
        let environment: Vec<_> = [
            ("ATS_PAT_LOG", "off"),
            ("ATS_PAT_START_PATIENCE_SECONDS", "0"),
        ]
        .iter()
        .chain(environment)
        .copied()
        .collect();
        let output = self.command(arguments, &environment).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(output.stdout.is_empty());
        assert_eq!(errors.lines().count(), 1, "{errors}");
        errors
    }

    /// Starts a server on a free port, without waiting until it serves.
    pub fn start(&self, environment: &[(&str, &str)]) -> Starting {
        let mut child = self
            .command(&["--listen", "127.0.0.1:0"], environment)
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Starting { child, log }
    }

    /// Starts a server on a free port, and waits until it listens.
    #[track_caller]
    pub fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_with(arguments, &[])
    }

    /// Like [`Folder::serve`], with these variables.
    #[track_caller]
    pub fn serve_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let arguments: Vec<&str> = ["--listen", "127.0.0.1:0"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        Server::listening(self.command(&arguments, environment).spawn().unwrap())
    }

    /// Like [`Folder::serve`], for a process that may have so many open files.
    #[track_caller]
    pub fn serve_with_open_files(&self, most: u32) -> Server {
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                &format!("ulimit -n {most}; exec \"$0\" --listen 127.0.0.1:0"),
            ])
            .arg(PROGRAM)
            .env_clear()
            .env("ATS_PAT_DRAIN_SECONDS", "0")
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Server::listening(command.spawn().unwrap())
    }
}

/// A server whose log is read while it starts. It is killed when it is dropped.
pub struct Starting {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Starting {
    /// Reads its log up to a line that contains `text`. Returns that line.
    #[track_caller]
    pub fn logs(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "it ended");
            if line.contains(text) {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end. Returns its exit code and the rest of its log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.log.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running server. It is killed when it is dropped.
pub struct Server {
    child: Child,
    /// Its address and port.
    pub address: String,
    /// The address and port of its operations listener, if it has one.
    pub operations: Option<String>,
    /// Its lines on standard output, until it listened.
    pub said: Vec<String>,
    output: BufReader<ChildStdout>,
}

impl Server {
    /// The server that this process is, or becomes, once it listens.
    #[track_caller]
    pub fn listening(mut child: Child) -> Self {
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server {
            child,
            address: String::new(),
            operations: None,
            said: Vec::new(),
            output,
        };
        server.wait_until_it_listens();
        server
    }

    #[track_caller]
    fn wait_until_it_listens(&mut self) {
        while self.address.is_empty() {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                let mut errors = String::new();
                let mut log = self.child.stderr.take().unwrap();
                log.read_to_string(&mut errors).unwrap();
                panic!("the server ended: {errors}");
            }
            let line = line.trim_end();
            if let Some(address) = line.strip_prefix("listening on http://") {
                address.clone_into(&mut self.address);
            }
            if let Some(address) = line.strip_prefix("metrics and health on http://") {
                self.operations = Some(address.to_owned());
            }
            self.said.push(line.to_owned());
        }
    }

    /// The whole answer to `GET path`.
    pub fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    /// Like [`Server::get`], with these additional header lines.
    pub fn get_with(&self, path: &str, headers: &str) -> String {
        get_at(&self.address, path, headers)
    }

    /// Like [`Server::get`], at the operations listener.
    pub fn get_from_operations(&self, path: &str) -> String {
        get_at(self.operations.as_deref().unwrap(), path, "")
    }

    /// Asks it to stop. Returns its exit code, the rest of its output, and its log.
    pub fn stop(self, signal: Signal) -> (ExitStatus, String, String) {
        self.signal(signal);
        self.ended()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it accepts no more connections.
    pub fn closes(&self) {
        while TcpStream::connect(&self.address).is_ok() {
            std::thread::yield_now();
        }
    }

    /// Waits for its end. Returns its exit code, the rest of its output, and its log.
    pub fn ended(mut self) -> (ExitStatus, String, String) {
        let (mut said, mut log) = (String::new(), String::new());
        self.output.read_to_string(&mut said).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap(), said, log)
    }

    /// Ends it like a power loss would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn get_at(address: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

impl Drop for Server {
    fn drop(&mut self) {
        // In every test that passes, it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

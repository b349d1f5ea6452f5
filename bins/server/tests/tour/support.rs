//! The real programs, started and stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

pub const PASSWORD: &str = "plum-velvet-orbit-91";

/// A running `ats-pat-server`. It is killed when it is dropped.
pub struct Server {
    child: Child,
    pub url: String,
    pub setup_link: Option<String>,
    /// Where the operations listener is, if there is one.
    pub operations: Option<String>,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the server with its data in `folder` on a free port, and waits until it listens.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_by(Command::new(program()), folder, environment)
    }

    /// Like [`Self::start_with`], with a command that runs the program.
    pub fn start_by(mut command: Command, folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.join("data"))
            .envs(environment.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut stderr = child.stderr.take().expect("its log");
        let log = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(read @ 1..) = stderr.read(&mut chunk) {
                shared
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&chunk[..read]));
            }
        });
        let (mut setup_link, mut operations) = (None, None);
        let mut url = None;
        for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
            let line = line.expect("a line of text");
            if let Some((_, link)) = line
                .split_once("http")
                .filter(|(_, rest)| rest.contains("/setup#"))
            {
                setup_link = Some(format!("http{}", link.trim()));
            }
            if let Some(listening) = line.strip_prefix("metrics and health on ") {
                operations = Some(listening.to_owned());
            }
            if let Some(listening) = line.strip_prefix("listening on ") {
                url = Some(listening.to_owned());
                break;
            }
        }
        let url = url.unwrap_or_else(|| panic!("the server ended: {}", log.lock().unwrap()));
        Self {
            child,
            url,
            setup_link,
            operations,
            log,
            reader: Some(reader),
        }
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Stops the server like an operator at a terminal would. Returns its whole log.
    pub fn stop(mut self) -> String {
        self.signal(Signal::INT);
        let status = self.child.wait().expect("the server ends");
        assert!(status.success(), "a graceful end: {status}");
        self.reader.take().map(JoinHandle::join);
        self.log()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the server runs");
    }

    /// Ends the server at once, like a power loss would.
    pub fn kill(mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("the server ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server.
pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_ats-pat-server")
}

/// Runs `ats-pat-admin` over the same data folder.
pub fn admin(folder: &Path, arguments: &[&str], input: &str) -> Output {
    admin_by(Command::new(admin_program()), folder, arguments, input)
}

/// Like [`admin`], with a command that runs the program.
pub fn admin_by(mut command: Command, folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command
        .args(["--data-dir"])
        .arg(folder.join("data"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the admin program starts");
    child
        .stdin
        .take()
        .expect("its input")
        .write_all(input.as_bytes())
        .expect("it reads");
    child.wait_with_output().expect("it ends")
}

/// Runs `ats-pat-admin --output json` and reads its answer.
pub fn admin_json(folder: &Path, arguments: &[&str], input: &str) -> Value {
    let output = admin(folder, &[&["--output", "json"], arguments].concat(), input);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A new operator key that may read the audit trail.
pub fn audit_key(folder: &Path) -> String {
    let add = ["operator-key", "add", "SIEM", "--right", "audit"];
    let added = admin_json(folder, &[&add[..], &["--expires", "1"]].concat(), "");
    text(&added["Secret"])
}

/// The admin program of the same build.
pub fn admin_program() -> PathBuf {
    let server = Path::new(env!("CARGO_BIN_EXE_ats-pat-server"));
    let program = server.with_file_name(format!("ats-pat-admin{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "build the whole workspace: `cargo test --workspace`"
    );
    program
}

/// A user's HTTP client, which keeps cookies like a browser. Clones are the same user.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub fn new(server: &Server) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            http,
            url: server.url.clone(),
        }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(format!("{}{path}", self.url))).await
    }

    /// The age of an answer in seconds (`Age`), if it has one.
    pub async fn age_of(&self, path: &str) -> Option<u64> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await;
        let answer = answer.expect("an answer");
        let age = answer.headers().get("age")?.to_str().expect("ASCII");
        Some(age.parse().expect("seconds"))
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub async fn sign_in(&self, name: &str) -> (u16, Value) {
        self.post(
            "/api/session",
            &json!({"UserName": name, "Password": PASSWORD}),
        )
        .await
    }

    pub async fn exchange(&self, secret: &str) -> (u16, Value) {
        let url = format!(
            "{}/api/personalaccesstoken/getAuthenticationToken",
            self.url
        );
        answer(self.http.get(url).header("personalAccessToken", secret)).await
    }

    pub async fn identity(&self, token: &str) -> (u16, Value) {
        answer(
            self.http
                .get(format!("{}/api/identity", self.url))
                .bearer_auth(token),
        )
        .await
    }

    /// Revokes the token with this secret (RFC 7009).
    pub async fn revoke_as_holder(&self, secret: &str) {
        let request = self.http.post(format!("{}/oauth2/revoke", self.url));
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        let request = request.header(form.0, form.1);
        let (status, said) = answer(request.body(format!("token={secret}"))).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Creates a token that lasts `seconds`.
    pub async fn create(&self, name: &str, seconds: i64) -> (u16, Value) {
        let expires_at = in_seconds(seconds);
        self.post(
            "/api/personalaccesstoken",
            &json!({"Name": name, "ExpiresAt": expires_at}),
        )
        .await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.text().await.expect("a body");
    (
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    )
}

/// The time after so many seconds, as RFC 3339.
pub fn in_seconds(seconds: i64) -> String {
    let at = time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    at.format(&time::format_description::well_known::Rfc3339)
        .expect("a time")
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"))
        .to_owned()
}

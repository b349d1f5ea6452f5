//! An OpenID provider of another project: npm's `oidc-provider`, which `cargo xtask test` installs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ats_pat_domain::Timestamp;
use serde_json::{Value, json};

/// It is given to Node.js as text, so that its imports are looked for where Node.js runs.
const SCRIPT: &str = include_str!("oidc_provider.mjs");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/identity");

/// A running provider. It ends with this value.
pub struct OidcProvider {
    /// Its issuer, at a free port of the loopback address.
    pub issuer: String,
    child: Child,
    /// It is kept open, because Node.js ends when it prints into a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl OidcProvider {
    pub const CLIENT: &str = "ats";
    pub const SECRET: &str = "known-to-the-provider";

    /// Starts it with these people: an object of their claims, by their subjects, which they also
    /// sign in with. It serves nobody yet.
    pub fn start(people: &Value) -> Self {
        let mut child = Command::new("node")
            .args(["--input-type=module", "--eval", SCRIPT])
            .current_dir(Path::new(TOOLS))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo xtask test` installs it");
        let output = child.stdout.take().expect("its output");
        let mut output = BufReader::new(output);
        let mut issuer = String::new();
        output.read_line(&mut issuer).expect("its issuer");
        let provider = Self {
            issuer: issuer.trim_end().to_owned(),
            child,
            _output: output,
        };
        provider.ask(&json!({ "people": people }));
        provider
    }

    /// Serves the service with this public URL, which calls the provider `name`. It tells the
    /// claims by scopes, in the ID token as well where `in_id_token` says so.
    pub fn serve(&self, origin: &str, name: &str, claims: &Value, in_id_token: bool) {
        let at = format!("{origin}/signin/{name}");
        let client = json!({
            "client_id": Self::CLIENT,
            "client_secret": Self::SECRET,
            "redirect_uris": [format!("{at}/callback")],
            "backchannel_logout_uri": format!("{at}/back-channel-logout"),
            "backchannel_logout_session_required": true,
            "require_auth_time": true,
        });
        let start = json!({"client": client, "claims": claims, "inIdToken": in_id_token});
        self.ask(&json!({ "start": start }));
    }

    /// Sets its clock, which goes on from there.
    pub fn set_clock(&self, now: Timestamp) {
        self.ask(&json!({ "now": now.as_millis() }));
    }

    /// From now on, people who sign in gave their password so many seconds ago.
    pub fn asked_for_passwords(&self, seconds_ago: u32) {
        self.ask(&json!({ "ago": seconds_ago }));
    }

    /// What came of each logout token that it sent: `taken`, or an error.
    pub fn logouts(&self) -> Vec<String> {
        let answer = self.ask(&json!({}));
        let logouts = answer["logouts"].as_array().into_iter().flatten();
        logouts
            .map(|it| it.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    fn ask(&self, what: &Value) -> Value {
        let address = self.issuer.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let body = what.to_string();
        let length = body.len();
        let request = format!(
            "POST /control HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        // If this fails, it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

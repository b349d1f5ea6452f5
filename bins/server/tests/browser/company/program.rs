//! The server as an operator starts it for a company.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use ats_pat_test_support::provider::OidcProvider;
use tempfile::TempDir;

use super::office::{COMPANY, claims};

/// A running server. It is killed when it is dropped.
pub struct Server {
    /// Its public URL.
    pub origin: String,
    child: Child,
    /// It is kept open, because the server fails if it prints into a closed pipe.
    _output: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

impl Server {
    /// Starts it with the table `[oidc.company]` for this provider, which serves it then.
    pub fn start(provider: &OidcProvider) -> Self {
        let settings = format!(
            "[oidc.{COMPANY}]\nissuer = '{}'\nclient-id = '{}'\nlabel = 'Contoso'\n\
             administrator-groups = ['admins']\n",
            provider.issuer,
            OidcProvider::CLIENT,
        );
        let server = Self::with(COMPANY, &settings);
        provider.serve(&server.origin, COMPANY, &claims(), false);
        server
    }

    /// Starts it with these settings, in which the provider has this name.
    pub fn with(name: &str, settings: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        std::fs::write(folder.path().join("ats.toml"), settings).expect("a file");
        std::fs::write(folder.path().join("secret"), OidcProvider::SECRET).expect("a file");
        let secret = format!("ATS_PAT_OIDC_{}_CLIENT_SECRET_FILE", name.to_uppercase());
        let mut child = Command::new(env!("CARGO_BIN_EXE_ats-pat-server"))
            .args(["--listen", "127.0.0.1:0", "--config", "ats.toml"])
            .env_clear()
            .env("ATS_PAT_LOG", "warn")
            .env(secret, "secret")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let output = child.stdout.take().expect("its output");
        let mut output = BufReader::new(output).lines();
        let origin = loop {
            let line = output.next().expect("it goes on").expect("a line");
            if let Some(origin) = line.strip_prefix("listening on ") {
                break origin.to_owned();
            }
        };
        Self {
            origin,
            child,
            _output: output,
            _folder: folder,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // If this fails, it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

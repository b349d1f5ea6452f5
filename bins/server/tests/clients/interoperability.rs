//! Independent libraries accept what the server signed, and refuse everything else.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::forgery::{claims, forgeries};
use crate::program::{client, folder_in, python, run_with, source};
use crate::support::{Client, PASSWORD, Server, admin_json, text};

const AUTHENTICATION_TOKEN: &str = "at+jwt";
const STATUS_LIST: &str = "statuslist+jwt";

/// A server that issued a token, and the status list that the token names.
struct Issuer {
    server: Server,
    token: String,
    list: String,
    _folder: TempDir,
}

impl Issuer {
    async fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let server = Server::start(folder.path());
        let add = ["user", "add", "ada", "--password-stdin"];
        admin_json(folder.path(), &add, &format!("{PASSWORD}\n"));
        let client = Client::new(&server);
        client.sign_in("ada").await;
        let (_, created) = client.create("verified", 3600).await;
        let secret = text(&created["Data"]["Secret"]);
        let token = text(&client.exchange(&secret).await.1["Data"]);
        let uri = text(&claims(&token)["status"]["status_list"]["uri"]);
        let path = uri
            .strip_prefix(&server.url)
            .expect("a list of this server");
        let (status, list) = client.get(path).await;
        assert_eq!(status, 200, "{list}");
        Self {
            list: text(&list),
            server,
            token,
            _folder: folder,
        }
    }

    /// The verdict of `verifier` about a token that should have this type: `accepted SUB` or
    /// `refused`.
    fn asks(&self, verifier: &Verifier, kind: &str, token: &str) -> String {
        let jwks = format!("{}/.well-known/jwks.json", self.server.url);
        let mut command = Command::new(verifier.program.get_program());
        command.args(verifier.program.get_args());
        let said = run_with(command.args([&jwks, &self.server.url, kind]), token);
        said.trim().to_owned()
    }
}

/// A program that verifies tokens with a library.
struct Verifier {
    program: Command,
    // Keeps the program's folder.
    _folder: Option<TempDir>,
}

fn pyjwt() -> Verifier {
    let mut program = python();
    program.arg(source("interoperability/pyjwt.py"));
    Verifier {
        program,
        _folder: None,
    }
}

fn jose() -> Verifier {
    // Where Node.js finds the library.
    let folder = folder_in(&client("openapi-fetch"));
    let copy = folder.path().join("jose.mjs");
    std::fs::copy(source("interoperability/jose.mjs"), &copy).expect("the program");
    let mut program = Command::new("node");
    program.arg(copy);
    Verifier {
        program,
        _folder: Some(folder),
    }
}

async fn assert_verifies(verifier: Verifier) {
    let issuer = Issuer::start().await;
    let accepted = |claims: Value| format!("accepted {}", text(&claims["sub"]));
    let (token, list) = (&issuer.token, &issuer.list);
    assert_eq!(
        issuer.asks(&verifier, AUTHENTICATION_TOKEN, token),
        accepted(claims(token))
    );
    assert_eq!(
        issuer.asks(&verifier, STATUS_LIST, list),
        accepted(claims(list))
    );
    for (kind, genuine) in [(AUTHENTICATION_TOKEN, token), (STATUS_LIST, list)] {
        for (what, forged) in forgeries(genuine) {
            let said = issuer.asks(&verifier, kind, &forged);
            assert_eq!(said, "refused", "{kind} {what}");
        }
    }
    // The issuer signed each of them. Only their types differ.
    assert_eq!(
        issuer.asks(&verifier, AUTHENTICATION_TOKEN, list),
        "refused"
    );
    assert_eq!(issuer.asks(&verifier, STATUS_LIST, token), "refused");
}

#[tokio::test]
async fn pyjwt_accepts_only_tokens_that_the_server_signed() {
    assert_verifies(pyjwt()).await;
}

#[tokio::test]
async fn jose_accepts_only_tokens_that_the_server_signed() {
    assert_verifies(jose()).await;
}

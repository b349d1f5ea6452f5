//! What is kept apart from the database, or sent elsewhere, has no secret in it: archives, exports,
//! backups, the note of the last one, the metrics. Archives and backups have no personal details
//! either.

use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::log::session_of;
use crate::metrics::{get, watched};
use crate::support::{Client, PASSWORD, Server, admin, admin_json, audit_key, text};

const NAME: &str = "bea-canary";
const DISPLAY_NAME: &str = "Beatrix Canary";
const EMAIL: &str = "beatrix.canary@example.com";
const WRONG: &str = "wrong-canary-password";

/// A text that must not be somewhere.
struct Canary {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Canary {
    fn new(name: &'static str, text: &str) -> Self {
        assert!(text.len() > 8, "{name} could be there by chance");
        Self {
            name,
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// The random part of a personal access token or operator key.
    fn key(name: &'static str, secret: &str) -> Self {
        let (_, random) = secret.split_once('_').unwrap();
        Self::new(name, &random[..43])
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let length = self.bytes.len();
        bytes.windows(length).any(|part| part == self.bytes)
    }
}

/// All that must not get out, and what happened with it.
struct Scene {
    folder: TempDir,
    server: Server,
    secrets: Vec<Canary>,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = watched(&folder);
        let (master, master_bytes) = master_key(folder.path());
        let operator_key = audit_key(folder.path());
        let client = Client::new(&server);
        assert_eq!(client.sign_in("ada").await.0, 200);
        let new = json!({
            "UserName": NAME,
            "DisplayName": DISPLAY_NAME,
            "Email": EMAIL,
            "Password": PASSWORD,
        });
        let (status, said) = client.post("/api/administration/users", &new).await;
        assert_eq!(status, 201, "{said}");
        let wrong = json!({"UserName": NAME, "Password": WRONG});
        assert_eq!(client.post("/api/session", &wrong).await.0, 401);
        assert_eq!(client.sign_in(NAME).await.0, 200);
        let session = session_of(&server).await;
        let created = client.create("nightly build", 86_400).await.1;
        let id = text(&created["Data"]["Token"]["Id"]);
        let first = text(&created["Data"]["Secret"]);
        let bearer = text(&client.exchange(&first).await.1["Data"]);
        let path = format!("/api/personalaccesstoken/{id}/regenerate");
        let again = client.post(&path, &json!({})).await.1;
        let second = text(&again["Data"]["Secret"]);
        // The use of a secret that ended is an event.
        assert_eq!(client.exchange(&first).await.0, 401);
        client.revoke_as_holder(&second).await;
        let alive = client.create("alive", 86_400).await.1;
        let alive = text(&alive["Data"]["Secret"]);
        assert_eq!(client.exchange(&alive).await.0, 200);
        let link = server.setup_link.clone().unwrap();
        let (_, code) = link.split_once('#').unwrap();
        let secrets = vec![
            Canary::new("the password", PASSWORD),
            Canary::new("a wrong password", WRONG),
            Canary::new("the set-up code", code),
            Canary::new("the session", &session),
            Canary::key("the operator key", &operator_key),
            Canary::key("the replaced secret", &first),
            Canary::key("the revoked secret", &second),
            Canary::key("the secret", &alive),
            Canary::new("the authentication token", &bearer),
            Canary::new("the master key", &master),
            Canary {
                name: "the master key's bytes",
                bytes: master_bytes,
            },
        ];
        Self {
            folder,
            server,
            secrets,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Fails if a secret, or one of `others`, is in what was written.
    fn is_clean(&self, what: &str, bytes: &[u8], others: &[Canary]) {
        assert!(!bytes.is_empty(), "{what} is empty");
        for canary in self.secrets.iter().chain(others) {
            assert!(!canary.is_in(bytes), "{} is in {what}", canary.name);
        }
    }
}

/// The key in the master key file, as text and as bytes.
fn master_key(folder: &Path) -> (String, Vec<u8>) {
    let file = std::fs::read_to_string(folder.join("data/master.key")).unwrap();
    let key = file.lines().find(|line| !line.starts_with('#')).unwrap();
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for character in key.bytes() {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        bits = (bits << 6 | u32::from(six)) & 0x3fff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    assert_eq!(bytes.len(), 32);
    (key.to_owned(), bytes)
}

fn persons() -> Vec<Canary> {
    vec![
        Canary::new("a user name", NAME),
        Canary::new("a display name", DISPLAY_NAME),
        Canary::new("an e-mail address", EMAIL),
        Canary::new("an address", "127.0.0.1"),
    ]
}

#[tokio::test]
async fn archives_backups_exports_and_metrics_have_no_secret_in_them() {
    let scene = Scene::new().await;
    let folder = scene.folder.path();

    admin_json(folder, &["audit", "archive", "archive.jsonl"], "");
    let archive = std::fs::read(scene.path("archive.jsonl")).unwrap();
    let is_searched = Canary::new("an event", "token.revoked");
    assert!(is_searched.is_in(&archive), "the events are in the archive");
    scene.is_clean("the archive", &archive, &persons());

    admin_json(folder, &["db", "backup", "one.backup"], "");
    let backup = std::fs::read(scene.path("one.backup")).unwrap();
    scene.is_clean("the backup", &backup, &persons());
    let note = std::fs::read(scene.path("data/last-backup")).unwrap();
    scene.is_clean("the note of the last backup", &note, &persons());
    // What lay beside it unencrypted is gone.
    let mut left: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["archive.jsonl", "data", "one.backup"]);

    // An export is for a SIEM, and has names and addresses.
    for format in ["jsonl", "csv", "ocsf"] {
        let export = admin(folder, &["audit", "export", "--format", format], "");
        assert!(export.status.success(), "{export:?}");
        assert!(is_searched.is_in(&export.stdout) && persons()[0].is_in(&export.stdout));
        scene.is_clean(&format!("the export as {format}"), &export.stdout, &[]);
        scene.is_clean(
            "the export's errors",
            &[&export.stderr[..], b"."].concat(),
            &[],
        );
    }

    let (_, _, metrics) = get(&scene.server, "/metrics", None).await;
    scene.is_clean("the metrics", metrics.as_bytes(), &persons());
    for secret in &scene.secrets {
        assert!(
            !secret.is_in(scene.server.log().as_bytes()),
            "{}",
            secret.name
        );
    }
    scene.server.stop();
}

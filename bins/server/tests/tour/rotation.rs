//! The recipe of `docs/api.md` for a token that regenerates itself, killed at each of its commands.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin, admin_json, in_seconds, text};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
/// Kills the shell before the command with this number.
const KILLED: &str =
    r#"set -T; at=$1; shift; trap 'at=$((at - 1)); [ $at -gt 0 ] || kill -9 $$' DEBUG; . "$0""#;

fn recipe() -> String {
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let begin = document.find("#!/bin/sh").expect("the recipe");
    let (recipe, _) = document[begin..].split_once("```").unwrap();
    recipe.to_owned()
}

/// A folder with the recipe and a token that may regenerate itself.
struct Scene {
    folder: TempDir,
    server: Server,
    person: Client,
    id: String,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        // Each run makes a change or two.
        let server = Server::start_with(
            folder.path(),
            &[("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0")],
        );
        let password = format!("{PASSWORD}\n");
        let add = ["user", "add", "ada", "--password-stdin"];
        admin_json(folder.path(), &add, &password);
        let person = Client::new(&server);
        person.sign_in("ada").await;
        let new = json!({
            "Name": "pipeline",
            "ExpiresAt": day(1),
            "MayRegenerateItself": true,
            "RegeneratesUntil": day(30),
        });
        let (status, made) = person.post("/api/personalaccesstoken", &new).await;
        assert_eq!(status, 201, "{made}");
        let made = &made["Data"];
        fs::write(folder.path().join("token"), text(&made["Secret"]) + "\n").unwrap();
        fs::write(folder.path().join("rotate.sh"), recipe()).unwrap();
        Self {
            folder,
            server,
            person,
            id: text(&made["Token"]["Id"]),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn token(&self) -> String {
        let token = fs::read_to_string(self.path().join("token")).unwrap();
        token.trim_end().to_owned()
    }

    fn run(&self, command: &mut Command) -> Output {
        command.args([&self.server.url, "token"]);
        command.current_dir(self.path()).output().unwrap()
    }

    /// Runs the whole recipe. Returns the answer to an exchange of its token.
    async fn rotate(&self) -> u16 {
        let run = self.run(Command::new("sh").arg("rotate.sh"));
        let errors = String::from_utf8(run.stderr).unwrap();
        assert!(run.status.success() && errors.is_empty(), "{errors}");
        assert!(!self.path().join("token.next").exists());
        self.person.exchange(&self.token()).await.0
    }

    /// Runs the recipe, and kills it before the command with this number. Returns whether there was
    /// one.
    fn rotate_until(&self, command: usize) -> bool {
        let mut bash = Command::new("bash");
        bash.args(["-c", KILLED, "rotate.sh"])
            .arg(command.to_string());
        self.run(&mut bash).status.signal() == Some(9)
    }

    async fn shown(&self) -> Value {
        let path = format!("/api/personalaccesstoken/{}", self.id);
        self.person.get(&path).await.1["Data"].take()
    }
}

fn day(days: i64) -> String {
    in_seconds(86_400 * days)
}

#[tokio::test]
async fn the_recipe_never_loses_the_token() {
    let scene = Scene::new().await;
    let first = scene.token();
    assert_eq!(scene.rotate().await, 200);
    assert_ne!(scene.token(), first);
    assert_eq!(scene.person.exchange(&first).await.0, 401);
    let mut command = 1;
    while scene.rotate_until(command) {
        assert_eq!(scene.rotate().await, 200, "killed before command {command}");
        command += 1;
    }
    assert!(command > 15, "it was killed {command} times");
    let renewed = scene.shown().await["RegeneratedAt"].clone();
    assert!(renewed.is_string());
}

#[tokio::test]
async fn the_admin_program_gives_a_file_its_next_token() {
    let scene = Scene::new().await;
    let first = scene.token();
    let exchange = ["exchange", "--url", &scene.server.url, "--rotate", "token"];
    for _ in 0..2 {
        let before = scene.token();
        let run = admin(scene.path(), &exchange, "");
        assert!(run.status.success(), "{run:?}");
        let bearer = String::from_utf8(run.stdout).unwrap();
        assert_eq!(scene.person.identity(bearer.trim_end()).await.0, 200);
        assert_ne!(scene.token(), before);
        assert_eq!(scene.person.exchange(&before).await.0, 401);
    }
    // The holder of the first secret can still revoke the token.
    scene.person.revoke_as_holder(&first).await;
    assert_eq!(scene.person.exchange(&scene.token()).await.0, 401);
    assert_eq!(scene.shown().await["Status"], "Revoked");
}

//! The recipes of `docs/operation.md` that give every event to a SIEM, killed at each of their
//! commands.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Server, admin_json, admin_program, audit_key};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operation.md");
/// Kills the shell before the command of this number.
const KILLED: &str =
    r#"set -T; at=$1; shift; trap 'at=$((at - 1)); [ $at -gt 0 ] || kill -9 $$' DEBUG; . "$0""#;
/// Enough for two rounds of the loop over the interface.
const COMMANDS: usize = 32;
/// Finds programs in a folder, too, and becomes the program after it.
const FINDING: &str = r#"PATH="$0:$PATH"; export PATH; exec "$@""#;
/// How often it is looked, and after how long again: far longer than a machine with a load needs.
const LOOKS: usize = 3000;
const LOOK_AGAIN: Duration = Duration::from_millis(20);

fn recipe(name: &str) -> String {
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let begin = document
        .find(&format!("#!/bin/sh\n# {name} "))
        .expect("the recipe");
    let (recipe, _) = document[begin..].split_once("```").unwrap();
    recipe.to_owned()
}

/// A server, a key for its events, and a folder with the recipes.
struct Scene {
    folder: TempDir,
    server: Server,
    key: String,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let settings = [("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0")];
        let server = Server::start_with(folder.path(), &settings);
        let key = audit_key(folder.path());
        admin_json(folder.path(), &["user", "add", "ada"], "");
        for name in ["siem.sh", "export.sh"] {
            fs::write(folder.path().join(name), recipe(name)).unwrap();
        }
        Self {
            folder,
            server,
            key,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The recipe, by a shell that finds the admin program.
    fn recipe(&self, shell: &[&str], arguments: &[&str]) -> Child {
        let program = admin_program();
        Command::new("sh")
            .args(["-c", FINDING])
            .arg(program.parent().unwrap())
            .args(shell)
            .args(arguments)
            .env("ATS_PAT_DATA_DIR", self.path().join("data"))
            .env("OPERATOR_KEY", &self.key)
            .env("no_proxy", "127.0.0.1")
            .current_dir(self.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The numbers of the events in the file, of which the last line may be cut off.
    fn exported(&self) -> Vec<i64> {
        let file = fs::read_to_string(self.path().join("events")).unwrap_or_default();
        let lines = file
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let number = |line: &str| {
            let event: Value = serde_json::from_str(line).unwrap();
            event["Seq"].as_i64().unwrap()
        };
        lines.map(number).collect()
    }

    /// Waits until the file has this many events; asks that they are all, and each once.
    fn wait_for(&self, events: i64) {
        let is_whole = || self.exported().len() >= at_most(events);
        assert!(soon(is_whole), "{:?}", self.exported());
        assert_eq!(self.exported(), (1..=events).collect::<Vec<_>>());
    }

    /// As a power loss leaves the file.
    fn cut_off_in_the_last_line(&self) {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(self.path().join("events"));
        let file = file.unwrap();
        file.set_len(file.metadata().unwrap().len() - 30).unwrap();
    }

    /// The number of the last event.
    fn last(&self) -> i64 {
        let listed = admin_json(self.path(), &["audit", "list", "--limit", "1"], "");
        listed[0]["Seq"].as_i64().unwrap()
    }
}

/// Whether it is so within reasonable time.
fn soon(mut is_so: impl FnMut() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        let so = is_so();
        if !so {
            std::thread::sleep(LOOK_AGAIN);
        }
        so
    })
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

/// Somebody changes something all the time.
fn change(scene: &Scene, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        for change in ["disable", "enable"] {
            admin_json(scene.path(), &["user", change, "ada"], "");
        }
    }
}

#[test]
fn over_the_interface_no_event_is_lost_or_repeated_whatever_is_killed() {
    let scene = Scene::new();
    let arguments = [scene.server.url.as_str(), "events"];
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| change(&scene, &is_over));
        for at in 1..=COMMANDS {
            let (at, killed) = (at.to_string(), ["bash", "-c", KILLED, "siem.sh"]);
            let bash = [&killed[..], &[at.as_str()]].concat();
            let ended = scene.recipe(&bash, &arguments).wait().unwrap();
            assert_eq!(ended.signal(), Some(9), "before command {at}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let whole = scene.recipe(&["sh", "siem.sh"], &arguments);
    scene.wait_for(scene.last());
    kill(whole);
    scene.cut_off_in_the_last_line();
    admin_json(scene.path(), &["user", "disable", "ada"], "");
    let whole = scene.recipe(&["sh", "siem.sh"], &arguments);
    scene.wait_for(scene.last());
    kill(whole);
}

#[test]
fn at_the_database_no_event_is_lost_or_repeated_whatever_is_killed() {
    let scene = Scene::new();
    for at in 1..=COMMANDS {
        admin_json(scene.path(), &["user", "disable", "ada"], "");
        let (at, killed) = (at.to_string(), ["bash", "-c", KILLED, "export.sh"]);
        let bash = [&killed[..], &[at.as_str()]].concat();
        let mut child = scene.recipe(&bash, &["events"]);
        let last = scene.last();
        let is_done =
            || child.try_wait().unwrap().is_some() || scene.exported().len() >= at_most(last);
        assert!(soon(is_done), "{:?}", scene.exported());
        let _ = child.kill();
        assert_eq!(
            child.wait().unwrap().signal(),
            Some(9),
            "before command {at}"
        );
        admin_json(scene.path(), &["user", "enable", "ada"], "");
    }
    for _ in 0..2 {
        let whole = scene.recipe(&["sh", "export.sh"], &["events"]);
        scene.wait_for(scene.last());
        kill(whole);
        scene.cut_off_in_the_last_line();
    }
}

fn at_most(events: i64) -> usize {
    usize::try_from(events).unwrap()
}

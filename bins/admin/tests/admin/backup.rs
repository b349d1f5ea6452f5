//! Backups: made and restored by the program, on each kind of database.

mod files;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_program::{Access, CommonFlags, Opened, Settings};
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{NewToken, Regeneration, SignatureProvider, SignedIn, SystemClock};
use ats_pat_test_support::world::code;
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::program::Admin;

const URL: &str = "http://127.0.0.1:8080";
const PASSWORD: &str = "correct horse battery staple";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A deployment on this database, with the administrator `alice`.
fn deployment(database: &TestDatabase) -> Admin {
    let mut admin = Admin::in_an_empty_folder();
    admin.set("ATS_PAT_DATABASE_URL", database.url());
    let input = format!("{PASSWORD}\n");
    let add = ["user", "add", "alice", "--admin", "--password-stdin"];
    let run = admin.run_with(&input, &add);
    assert_eq!(run.code, 0, "{}", run.errors);
    admin
}

/// A server, as far as the database knows, and alice's session there.
struct Server {
    opened: Opened,
    alice: SignedIn,
}

impl Server {
    async fn open(admin: &Admin, database: &TestDatabase) -> Self {
        let flags = CommonFlags {
            data_dir: Some(admin.path("ats-pat-data").display().to_string().into()),
            ..CommonFlags::default()
        };
        let environment = [("ATS_PAT_DATABASE_URL".into(), database.url().into())];
        let settings = Settings::load(&flags, None, environment).unwrap();
        let provider = SignatureProvider::default();
        let opened = Opened::open(&settings, URL, Access::Server, provider);
        let opened = opened.await.unwrap();
        let service = &opened.service;
        let signed_in = service.sign_in("alice", &PASSWORD.into(), HERE).await;
        let session = signed_in.unwrap().session_id;
        let alice = service.authenticate(session.expose_secret()).await.unwrap();
        Self { opened, alice }
    }

    async fn make(&self, name: &str) -> IssuedToken {
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(
                SystemClock
                    .now()
                    .after(Duration::from_hours(24))
                    .to_string(),
            ),
            ..NewToken::default()
        };
        self.opened
            .service
            .create_token(&self.alice, new)
            .await
            .unwrap()
    }

    async fn exchange(&self, secret: &SecretString) -> u32 {
        let presented = [secret.expose_secret().as_bytes()];
        code(self.opened.service.exchange(&presented, HERE).await)
    }

    async fn close(self) {
        self.opened.close().await;
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names(listed: &Value, status: &str) -> Vec<String> {
    let tokens = listed.as_array().unwrap().iter();
    let mut names: Vec<String> = tokens
        .filter(|token| token["Status"] == status)
        .map(|token| token["Name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[on_every_database]
async fn what_was_taken_away_since_a_backup_stays_away(database: &TestDatabase) {
    let admin = deployment(database);
    for user in ["bob", "carol", "dave"] {
        let input = format!("{PASSWORD}\n");
        let run = admin.run_with(&input, &["user", "add", user, "--password-stdin"]);
        assert_eq!(run.code, 0, "{}", run.errors);
    }
    let key = [
        "operator-key",
        "add",
        "SIEM",
        "--right",
        "audit",
        "--expires",
        "9",
    ];
    assert_eq!(admin.run(&key).code, 0);
    let server = Server::open(&admin, database).await;
    let (revoked, replaced, kept) = (
        server.make("revoked").await,
        server.make("replaced").await,
        server.make("kept").await,
    );
    let file = admin.path("one.backup");
    let made = admin.json(&["db", "backup", path(&file)]);
    assert_eq!(made["Findings"], json!([]));

    let service = &server.opened.service;
    let id = |issued: &IssuedToken| issued.token.id.to_string();
    service
        .revoke_token(&server.alice, &id(&revoked))
        .await
        .unwrap();
    let replaced_id = id(&replaced);
    let again = service.regenerate_token(&server.alice, &replaced_id, Regeneration::default());
    let again = again.await.unwrap();
    let later = server.make("later").await;
    server.close().await;
    admin.json(&["user", "disable", "bob"]);
    assert_eq!(admin.run(&["user", "erase", "carol", "--yes"]).code, 0);
    let input = "another password of dave\n";
    let run = admin.run_with(input, &["user", "set-password", "dave", "--password-stdin"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    let keys = admin.json(&["operator-key", "list"]);
    let key = keys[0]["Id"].as_str().unwrap();
    admin.json(&["operator-key", "revoke", key]);
    admin.json(&["key", "rotate", "--compromised"]);

    let refused = admin.refusal(1, &["db", "restore", path(&file)]);
    assert!(refused.contains("say `--replace`"), "{refused}");
    let refused = admin.refusal(1, &["db", "restore", path(&file), "--replace"]);
    assert!(refused.contains("`--revoke-since`"), "{refused}");
    let restored = admin.json(&["db", "restore", path(&file), "--replace", "--revoke-since"]);
    assert_eq!(restored["BackupSeq"], made["HeadSeq"]);
    assert_eq!(restored["Revoked"], 2);
    assert_eq!(restored["DisabledUsers"], json!(["bob", "dave"]));
    assert_eq!(restored["ErasedUsers"], 1);
    assert_eq!(restored["OperatorKeysRevoked"], 1);
    assert_eq!(restored["SigningKeysReplaced"], true);
    assert_eq!(restored["Unknown"], Value::Null);

    let listed = admin.json(&["token", "list"]);
    assert_eq!(names(&listed, "Active"), ["kept"]);
    assert_eq!(names(&listed, "Revoked"), ["replaced", "revoked"]);
    let users = admin.json(&["user", "list"]);
    let called = |name: &str| {
        let users = users.as_array().unwrap().iter();
        users.filter(|user| user["UserName"] == name).count()
    };
    assert_eq!((called("bob"), called("carol")), (1, 0), "{users}");
    assert_eq!(
        admin.json(&["operator-key", "list"])[0]["Status"],
        "Revoked"
    );
    assert_eq!(admin.json(&["audit", "verify"])["Findings"], json!([]));
    // The anchor of before is ahead of the restored database, and the restore excuses it.
    let server = Server::open(&admin, database).await;
    assert_eq!(server.exchange(&kept.secret).await, 1);
    assert_eq!(server.exchange(&revoked.secret).await, 1203);
    assert_eq!(server.exchange(&replaced.secret).await, 1203);
    assert_eq!(server.exchange(&again.secret).await, 1201);
    assert_eq!(server.exchange(&later.secret).await, 1201);
    server.close().await;
}

#[on_every_database(flavor = "multi_thread", worker_threads = 3)]
async fn a_backup_under_load_has_all_that_was_answered_before_it(database: &TestDatabase) {
    let admin = deployment(database);
    let server = Server::open(&admin, database).await;
    let before = [server.make("before-1").await, server.make("before-2").await];
    let service = server.opened.service.clone();
    let id = before[0].token.id.to_string();
    service.revoke_token(&server.alice, &id).await.unwrap();

    let stop = AtomicBool::new(false);
    let file = admin.path("under-load.backup");
    let load = async {
        let (mut made, mut ended) = (Vec::new(), Vec::new());
        while !stop.load(Ordering::Relaxed) {
            let issued = server.make(&format!("load-{}", made.len())).await;
            if made.len() % 2 == 1 {
                let id = issued.token.id.to_string();
                service.revoke_token(&server.alice, &id).await.unwrap();
                ended.push(issued.token.name.clone());
            }
            made.push(issued);
        }
        (made, ended)
    };
    let backup = async {
        let verified = tokio::task::block_in_place(|| admin.json(&["db", "backup", path(&file)]));
        stop.store(true, Ordering::Relaxed);
        verified
    };
    let ((made, ended), verified) = tokio::join!(load, backup);
    assert!(!made.is_empty());
    assert_eq!(verified["Findings"], json!([]));
    server.close().await;

    let restored = admin.json(&["db", "restore", path(&file), "--replace", "--revoke-since"]);
    assert_eq!(restored["Unknown"], Value::Null, "{restored}");
    assert_eq!(admin.json(&["audit", "verify"])["Findings"], json!([]));
    let server = Server::open(&admin, database).await;
    assert_eq!(server.exchange(&before[0].secret).await, 1203);
    assert_eq!(server.exchange(&before[1].secret).await, 1);
    for issued in &made {
        let answer = server.exchange(&issued.secret).await;
        let name = &issued.token.name;
        if ended.contains(name) {
            assert!([1201, 1203].contains(&answer), "{name} answers {answer}");
        } else {
            assert!([1, 1201].contains(&answer), "{name} answers {answer}");
        }
    }
    server.close().await;
}

#[on_every_database]
async fn a_restore_waits_for_no_server_and_replaces_nothing_under_one(database: &TestDatabase) {
    let admin = deployment(database);
    let file = admin.path("one.backup");
    admin.json(&["db", "backup", path(&file)]);
    let server = Server::open(&admin, database).await;
    let issued = server.make("of before").await;
    let restore = ["db", "restore", path(&file), "--replace", "--keep"];
    let refused = admin.refusal(1, &restore);
    assert!(refused.contains("stop"), "{refused}");
    assert_eq!(server.exchange(&issued.secret).await, 1);
    server.close().await;
    assert_eq!(admin.json(&["audit", "verify"])["Findings"], json!([]));
}

#[on_every_database]
async fn a_backup_of_any_database_is_restored_on_a_new_host(database: &TestDatabase) {
    let admin = deployment(database);
    let file = admin.path("one.backup");
    admin.json(&["db", "backup", path(&file)]);

    let host = Admin::in_an_empty_folder();
    std::fs::create_dir(host.path("ats-pat-data")).unwrap();
    let key = "ats-pat-data/master.key";
    std::fs::copy(admin.path(key), host.path(key)).unwrap();
    let run = host.run(&["db", "restore", path(&file), "--output", "json"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    assert!(
        run.errors.contains("neither a database nor an anchor"),
        "{}",
        run.errors
    );
    let users = host.json(&["user", "list"]);
    assert_eq!(users[0]["UserName"], "alice");
    assert_eq!(host.json(&["audit", "verify"])["Findings"], json!([]));
    assert_eq!(
        host.left_on_disk(),
        [
            "ats-pat-data",
            "ats-pat-data/anchor",
            "ats-pat-data/ats-pat.db",
            "ats-pat-data/ats-pat.db.lock",
            "ats-pat-data/checkpoint",
            "ats-pat-data/master.key",
        ]
    );
}

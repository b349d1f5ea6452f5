//! Archives of the event log.

use std::path::Path;

use ats_pat_test_support::{TestDatabase, on_every_database};
use serde_json::{Value, json};

use crate::program::Admin;

fn archive(admin: &Admin, arguments: &[&str]) -> Value {
    admin.json(&[&["audit", "archive"], arguments].concat())
}

fn verified(admin: &Admin, archives: &[&str]) -> (i32, Value) {
    let verify = ["audit", "verify", "--output", "json", "--archive"];
    let run = admin.run(&[&verify, archives].concat());
    (run.code, serde_json::from_str(&run.output).unwrap())
}

fn found(admin: &Admin, archives: &[&str]) -> Vec<String> {
    let (code, report) = verified(admin, archives);
    let findings = report["Findings"].as_array().unwrap().iter();
    let found: Vec<String> = findings
        .map(|finding| finding.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(code, i32::from(!found.is_empty()), "{found:?}");
    found
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[on_every_database]
async fn archives_and_the_log_are_one_chain(database: &TestDatabase) {
    let mut admin = Admin::in_an_empty_folder();
    admin.set("ATS_PAT_DATABASE_URL", database.url());
    admin.json(&["user", "add", "alice", "--admin"]);
    admin.json(&["user", "add", "bob"]);
    let first = archive(&admin, &["1.jsonl"]);
    assert_eq!(
        (&first["FirstSeq"], &first["Events"]),
        (&json!(1), &first["LastSeq"])
    );
    admin.json(&["user", "disable", "bob"]);
    let second = archive(&admin, &["2.jsonl", "--after", "1.jsonl"]);
    assert_eq!(second["Events"], 1);
    assert_eq!(second["FirstSeq"], first["LastSeq"].as_i64().unwrap() + 1);
    admin.json(&["user", "enable", "bob"]);

    // In any order.
    let (code, report) = verified(&admin, &["2.jsonl", "1.jsonl"]);
    assert_eq!((code, &report["Findings"]), (0, &json!([])));
    assert_eq!(report["Archived"], second["LastSeq"]);
    assert_eq!(report["Events"], second["LastSeq"].as_i64().unwrap() + 1);
}

#[test]
fn an_archive_is_private_has_no_personal_details_and_replaces_no_file() {
    let admin = Admin::with_alice();
    archive(&admin, &["one"]);
    let text = std::fs::read_to_string(admin.path("one")).unwrap();
    let event: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    assert_eq!(event["Seq"], 1);
    assert_eq!(event["Kind"], "signing_key.created");
    let kept = "alice";
    assert!(
        !text.contains(kept),
        "names can be erased from the database: {text}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = admin.path("one").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let refusal = admin.refusal(1, &["audit", "archive", "one"]);
    assert!(refusal.contains("a file at one already"), "{refusal}");
    assert_eq!(std::fs::read_to_string(admin.path("one")).unwrap(), text);
}

#[test]
fn only_old_events_are_archived_where_that_is_asked() {
    let admin = Admin::with_alice();
    for arguments in [["--keep-days", "1"], ["--before", "2026-01-01"]] {
        let refusal = admin.refusal(1, &[&["audit", "archive", "old"], &arguments[..]].concat());
        assert_eq!(
            refusal,
            "error: there is no event to archive, so no file was written\n"
        );
    }
    let both = ["--keep-days", "1", "--before", "2026-01-01"];
    let both = admin.run(&[&["audit", "archive", "old"], &both[..]].concat());
    assert_eq!(both.code, 2, "{}", both.errors);
    assert_eq!(
        admin
            .left_on_disk()
            .iter()
            .filter(|it| it.contains("old"))
            .count(),
        0
    );
    let all = archive(&admin, &["all", "--before", "9000-01-01T00:00:00+01:00"]);
    assert_eq!(all["Events"], 2);
}

#[test]
fn what_differs_between_archives_and_log_is_found() {
    let admin = Admin::with_alice();
    archive(&admin, &["1"]);
    admin.json(&["user", "add", "mallory"]);
    archive(&admin, &["2", "--after", "1"]);
    archive(&admin, &["both"]);
    assert_eq!(found(&admin, &["both"]), [""; 0]);
    assert_eq!(
        found(&admin, &["2"]),
        ["2 begins with event 3: name the archives before it, too"]
    );
    assert_eq!(
        found(&admin, &["1", "2", "both"])[0],
        "both begins with event 1, and does not follow 1, which ends with event 2: name archives that follow each other"
    );

    // An archive that was altered.
    let altered = "2 was altered, a part of it is missing, or another service made it";
    edit(&admin.path("2"), "operator", "operat0r");
    assert_eq!(found(&admin, &["1", "2"]), [altered]);
    let continued = admin.refusal(1, &["audit", "archive", "3", "--after", "2"]);
    assert_eq!(continued, format!("error: {altered}\n"));
    let none = admin.refusal(
        1,
        &["audit", "archive", "3", "--after", "ats-pat-data/anchor"],
    );
    assert!(none.contains("is no archive of events"), "{none}");

    // A log that was altered is told apart from its archive, and not archived.
    admin.json(&["user", "disable", "mallory"]);
    admin.json(&["user", "enable", "mallory"]);
    admin.edit_database("user.disabled", "user.d1sabled");
    let broken = admin.refusal(1, &["audit", "archive", "3"]);
    let expected = "event 4 is missing or was altered";
    assert!(broken.contains(expected), "{broken}");
    assert!(!admin.left_on_disk().iter().any(|file| file.contains('3')));
}

#[test]
fn a_log_that_a_restore_took_back_is_not_that_of_the_archive() {
    let admin = Admin::with_alice();
    admin.json(&["db", "backup", "backup"]);
    admin.json(&["user", "add", "bob"]);
    archive(&admin, &["before"]);
    admin.run(&["db", "restore", "backup", "--replace", "--keep"]);
    let refusal = admin.refusal(1, &["audit", "archive", "after", "--after", "before"]);
    assert!(
        refusal.contains("archive from the first event again"),
        "{refusal}"
    );
    let found = found(&admin, &["before"]);
    assert_eq!(found, ["event 3 is not the last one of before"]);
}

#[test]
fn an_older_database_without_its_anchor_is_found_by_an_archive() {
    let admin = Admin::with_alice();
    let database = admin.data("ats-pat.db");
    let older = std::fs::read(&database).unwrap();
    admin.json(&["user", "add", "bob"]);
    archive(&admin, &["archive"]);
    std::fs::write(&database, older).unwrap();
    std::fs::remove_file(admin.data("anchor")).unwrap();
    // Nothing else tells.
    assert_eq!(admin.json(&["audit", "verify"])["Findings"], json!([]));
    assert_eq!(
        found(&admin, &["archive"]),
        [
            "the log ends at event 2, but event 3, the last one of archive, was there: events were cut off"
        ]
    );
}

#[test]
fn only_archived_events_that_are_old_are_removed() {
    let admin = Admin::with_alice();
    let none = admin.run(&["audit", "prune"]);
    assert_eq!(none.code, 2, "{}", none.errors);
    archive(&admin, &["one"]);
    let young = admin.refusal(1, &["audit", "prune", "one"]);
    assert!(young.contains("less than a day old"), "{young}");
    edit(&admin.path("one"), "signing_key", "signing_kex");
    let altered = admin.refusal(1, &["audit", "prune", "one"]);
    assert!(altered.contains("nothing was removed"), "{altered}");
    assert!(altered.contains("was altered"), "{altered}");
    assert_eq!(admin.json(&["audit", "verify"])["Findings"], json!([]));
}

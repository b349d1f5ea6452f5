//! Each mistake gives one line that names the cause and says what to do, and the right exit code.
//! It leaves no files behind.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::program::Admin;

#[test]
fn a_wrong_command_line_is_wrong_usage_and_leaves_nothing() {
    let admin = Admin::in_an_empty_folder();
    let mut refusals = String::new();
    for arguments in [
        ["frobnicate"].as_slice(),
        &["user", "list", "--frobnicate"],
        &["user", "add"],
        &["user", "add", "bob", "--id", "17"],
        &["user", "add", "bob", "--password", "s3cret"],
        &["token", "show"],
        &["token", "show", "x", "--from-stdin"],
        &["token", "list", "--status", "active"],
        &["token", "list", "--sort", "Size"],
        &["token", "list", "--page", "0"],
        &["token", "list", "--page-size", "101"],
        &["db", "accept-restore"],
        &["db", "accept-restore", "--keep", "--revoke-all"],
        &["audit", "list", "--limit", "many"],
        &["completions", "tcsh"],
        &["user", "list", "--output", "xml"],
        &["user", "list", "--listen", "127.0.0.1:1"],
        &[
            "user",
            "add",
            "bob",
            "--database-url",
            "postgres://ats:s3cret@db/ats",
        ],
        &["user", "add", "bob", "--database-url", "nowhere"],
        &["user", "add", "bob", "--config", "missing.toml"],
        &["user", "add", "bob", "--config", "."],
    ] {
        let refusal = admin.refusal(2, arguments);
        assert!(!refusal.contains("s3cret"), "{refusal}");
        refusals.push_str(&refusal);
    }
    assert_snapshot!(refusals);
    assert!(admin.left_on_disk().is_empty());
}

#[test]
fn an_unknown_setting_is_wrong_usage_whatever_its_source() {
    let mut admin = Admin::in_an_empty_folder();
    std::fs::write(admin.path("ats.toml"), "data-dri = 'x'").unwrap();
    let mut refusals = admin.refusal(2, &["user", "add", "bob", "--config", "ats.toml"]);
    admin.set("ATS_PAT_DATA_DRI", "x");
    write!(refusals, "{}", admin.refusal(2, &["user", "add", "bob"])).unwrap();
    assert_snapshot!(refusals);
    assert_eq!(admin.left_on_disk(), ["ats.toml"]);
}

#[test]
fn places_that_cannot_be_used_are_refused_and_nothing_is_left() {
    let mut refusals = String::new();
    for (name, place) in [
        ("ATS_PAT_DATA_DIR", "file"),
        ("ATS_PAT_DATA_DIR", "file/in"),
        ("ATS_PAT_MASTER_KEY_FILE", "folder"),
        ("ATS_PAT_MASTER_KEY_FILE", "file"),
        ("ATS_PAT_MASTER_KEY_FILE", "missing/master.key"),
        ("ATS_PAT_DATABASE_URL", "sqlite:folder"),
        ("ATS_PAT_DATABASE_URL", "sqlite:missing/ats.db"),
        ("ATS_PAT_DATABASE_URL", "sqlite:file"),
        ("ATS_PAT_DATABASE_URL", "sqlite::memory:"),
        (
            "ATS_PAT_DATABASE_URL",
            "postgres://ats:s3cret@127.0.0.1:1/ats",
        ),
        ("ATS_PAT_DATABASE_URL", "mysql://ats:s3cret@127.0.0.1:1/ats"),
        ("ATS_PAT_DATABASE_URL", "mysql://ats:s3cret@127.0.0.1:1"),
    ] {
        let mut admin = Admin::in_an_empty_folder();
        std::fs::write(
            admin.path("file"),
            "no database, no key, but long enough for the header of SQLite",
        )
        .unwrap();
        std::fs::create_dir(admin.path("folder")).unwrap();
        admin.set(name, place);
        let refusal = admin.refusal(1, &["user", "add", "bob"]);
        assert!(!refusal.contains("s3cret"), "{refusal}");
        refusals.push_str(&refusal);
        assert_eq!(admin.left_on_disk(), ["file", "folder"], "{name}={place}");
    }
    assert_snapshot!(refusals);
}

#[test]
fn another_databases_master_key_is_refused() {
    let (admin, other) = (Admin::with_alice(), Admin::with_alice());
    std::fs::copy(other.data("master.key"), admin.data("master.key")).unwrap();
    let mut refusals = admin.refusal(1, &["user", "list"]);
    std::fs::remove_file(admin.data("master.key")).unwrap();
    refusals.push_str(&admin.refusal(1, &["user", "list"]));
    assert_snapshot!(refusals);
    assert!(!admin.data("master.key").exists());
}

#[test]
fn a_database_of_a_later_release_is_refused_and_left_alone() {
    let admin = Admin::with_alice();
    admin.edit_database("m0001_initial", "m9001_initial");
    let before = std::fs::read(admin.data("ats-pat.db")).unwrap();
    let mut refusals = String::new();
    for arguments in [
        ["user", "list"].as_slice(),
        &["user", "add", "bob"],
        &["db", "migrate"],
    ] {
        refusals.push_str(&admin.refusal(1, arguments));
    }
    assert_snapshot!(refusals);
    assert_eq!(std::fs::read(admin.data("ats-pat.db")).unwrap(), before);
    assert_eq!(
        admin.json(&["db", "status"])["Unknown"],
        serde_json::json!(["m9001_initial"])
    );
}

#[test]
fn help_and_completions_need_no_database() {
    let admin = Admin::in_an_empty_folder();
    for arguments in [
        ["--help"].as_slice(),
        &["user", "add", "--help"],
        &["--version"],
        &["completions", "bash"],
    ] {
        let run = admin.run(arguments);
        assert_eq!((run.code, run.errors.as_str()), (0, ""), "{arguments:?}");
        assert!(!run.output.is_empty());
    }
    assert_eq!(admin.run(&[]).code, 2);
    assert!(admin.left_on_disk().is_empty());
}

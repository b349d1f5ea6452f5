//! Each mistake prints one line that names it and says what to do, with the right exit code. It
//! leaves nothing behind.

use std::net::TcpListener;

use insta::assert_snapshot;

use crate::process::Folder;

#[test]
fn a_wrong_command_line_or_setting_is_a_usage_error_and_leaves_nothing() {
    let folder = Folder::empty();
    let mut refusals = String::new();
    for arguments in [
        ["--frobnicate"].as_slice(),
        &["serve"],
        &["--listen"],
        &["--listen", "localhost"],
        &["--listen", "0.0.0.0:0"],
        &["--public-url", "https://pat.example.com/path"],
        &["--database-url", "postgres://ats:s3cret@db/ats"],
        &["--database-url", "nowhere"],
        &["--config", "missing.toml"],
        &["--config", "."],
    ] {
        refusals.push_str(&folder.refusal(2, arguments, &[]));
    }
    for (name, value) in [
        ("ATS_PAT_LISTNE", "127.0.0.1:0"),
        ("ATS_PAT_AUDIENCE", "orders,the stock"),
        ("ATS_PAT_DEFAULT_AUDIENCE", "orders"),
        ("ATS_PAT_EXPAND_ALL_SCOPE", "yes"),
    ] {
        refusals.push_str(&folder.refusal(2, &[], &[(name, value)]));
    }
    assert!(!refusals.contains("s3cret"), "{refusals}");
    assert_snapshot!(refusals);
    assert!(folder.left_on_disk().is_empty());
}

#[test]
fn a_port_in_use_or_an_address_of_another_machine_leaves_nothing() {
    let folder = Folder::empty();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let mut refusals = folder
        .refusal(1, &["--listen", &address], &[])
        .replace(&address, "ADDRESS");
    refusals.push_str(&folder.refusal(1, &["--listen", "192.0.2.1:8080"], &[]));
    assert_snapshot!(refusals);
    assert!(folder.left_on_disk().is_empty());
}

#[test]
fn places_that_cannot_be_used_leave_nothing() {
    let mut refusals = String::new();
    for (name, value) in [
        ("ATS_PAT_DATA_DIR", "file"),
        ("ATS_PAT_MASTER_KEY_FILE", "folder"),
        ("ATS_PAT_MASTER_KEY_FILE", "missing/master.key"),
        ("ATS_PAT_DATABASE_URL", "sqlite:folder"),
        ("ATS_PAT_DATABASE_URL", "sqlite:missing/ats.db"),
        (
            "ATS_PAT_DATABASE_URL",
            "postgres://ats:s3cret@127.0.0.1:1/ats",
        ),
        ("ATS_PAT_DATABASE_URL", "mysql://ats:s3cret@127.0.0.1:1/ats"),
    ] {
        let folder = Folder::empty();
        std::fs::write(folder.path("file"), "").unwrap();
        std::fs::create_dir(folder.path("folder")).unwrap();
        refusals.push_str(&folder.refusal(1, &["--listen", "127.0.0.1:0"], &[(name, value)]));
        assert_eq!(folder.left_on_disk(), ["file", "folder"], "{name}={value}");
    }
    assert!(!refusals.contains("s3cret"), "{refusals}");
    assert_snapshot!(refusals);
}

#[test]
fn a_second_server_on_a_sqlite_database_is_refused() {
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    let refusal = folder.refusal(1, &["--listen", "127.0.0.1:0"], &[]);
    assert_snapshot!(refusal, @"error: another server is using the database ats-pat-data/ats-pat.db: stop it first, or use PostgreSQL or MariaDB for several servers");
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 200"));
}

#[test]
fn the_wrong_master_key_stops_the_start() {
    let (folder, other) = (Folder::empty(), Folder::empty());
    folder.serve(&[]).kill();
    other.serve(&[]).kill();
    std::fs::copy(
        other.path("ats-pat-data/master.key"),
        folder.path("ats-pat-data/master.key"),
    )
    .unwrap();
    let refusal = folder.refusal(1, &["--listen", "127.0.0.1:0"], &[]);
    assert_snapshot!(refusal, @"error: the keys of this database are sealed under another master key than the one in ats-pat-data/master.key: put back the file that belongs to it");
}

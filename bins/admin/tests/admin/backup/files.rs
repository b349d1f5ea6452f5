//! The file of a backup: who may read it, and what is refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::path;
use crate::program::Admin;

/// Backups of alice's database, to be attacked.
fn attacked() -> (Admin, PathBuf) {
    let admin = Admin::with_alice();
    let file = admin.path("one.backup");
    admin.json(&["db", "backup", path(&file)]);
    (admin, file)
}

#[test]
fn an_altered_or_foreign_file_is_refused_and_nothing_changes() {
    let (mut admin, file) = attacked();
    let before = admin.left_on_disk();
    let good = std::fs::read(&file).unwrap();
    let flipped = |place: usize| {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        bytes
    };
    let chunk = 64 * 1024 + 16;
    assert!(good.len() > 1024 + 2 * chunk, "there are chunks to swap");
    let (second, third) = (1024 + chunk, 1024 + 2 * chunk);
    let swapped = [
        &good[..1024],
        &good[second..third],
        &good[1024..second],
        &good[third..],
    ];
    for (bytes, said) in [
        (flipped(100), "was altered"),
        (flipped(2000), "was altered"),
        (flipped(good.len() - 1), "was altered"),
        (flipped(16), "has format 0"),
        (flipped(0), "is no backup"),
        (flipped(20), "under another master key"),
        (good[..good.len() - 1].to_vec(), "was altered"),
        (good[..third].to_vec(), "was altered"),
        (good[..500].to_vec(), "was altered"),
        (Vec::new(), "is no backup"),
        (swapped.concat(), "was altered"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        for command in [
            ["db", "verify-backup", path(&file)].as_slice(),
            &["db", "restore", path(&file), "--replace", "--keep"],
        ] {
            let refused = admin.refusal(1, command);
            assert!(refused.contains(said), "{said}: {refused}");
        }
        assert_eq!(admin.left_on_disk(), with_lock(&before));
    }
    std::fs::write(&file, &good).unwrap();
    admin.json(&["db", "verify-backup", path(&file)]);
    let other = Admin::with_alice();
    admin.set("ATS_PAT_MASTER_KEY_FILE", path(&other.data("master.key")));
    let refused = admin.refusal(1, &["db", "verify-backup", path(&file)]);
    assert!(refused.contains("under another master key"), "{refused}");
}

/// A restore makes the lock file of a server, which stays.
fn with_lock(before: &[String]) -> Vec<String> {
    let mut files = before.to_vec();
    files.push("ats-pat-data/ats-pat.db.lock".to_owned());
    files.sort();
    files
}

#[test]
fn a_backup_replaces_no_file_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (admin, file) = attacked();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let before = std::fs::read(&file).unwrap();
    let refused = admin.refusal(1, &["db", "backup", path(&file)]);
    assert!(refused.contains("there is a file at"), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let refused = admin.refusal(1, &["db", "backup", "no/such/folder/one"]);
    assert!(refused.contains("can't be written"), "{refused}");
}

#[test]
fn the_last_backup_is_noted_for_the_doctor() {
    let (admin, file) = attacked();
    let noted = || -> Value {
        let note = std::fs::read(admin.data("last-backup")).unwrap();
        serde_json::from_slice(&note).unwrap()
    };
    let first = noted();
    assert_eq!(first["File"], json!(file));
    let verified = admin.json(&["db", "verify-backup", path(&file)]);
    for field in ["MadeAt", "HeadSeq"] {
        assert_eq!(first[field], verified[field]);
    }
    // A backup that fails is none.
    admin.refusal(1, &["db", "backup", path(&file)]);
    assert_eq!(noted(), first);
    let run = admin.run(&["db", "backup", "two.backup"]);
    assert_eq!((run.code, run.errors.as_str()), (0, ""));
    assert_eq!(noted()["File"], json!(admin.path("two.backup")));
}

#[test]
fn a_full_disk_leaves_nothing_of_a_backup() {
    let admin = Admin::with_alice();
    std::fs::create_dir(admin.path("small")).unwrap();
    let script = "mount -t tmpfs -o size=200k none small && \"$0\" db backup small/one; \
                  echo \"code $?\"; find small -mindepth 1";
    let run = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_ats-pat-admin"))
        .current_dir(admin.path(""))
        .output()
        .unwrap();
    let (output, errors) = (
        String::from_utf8(run.stdout).unwrap(),
        String::from_utf8(run.stderr).unwrap(),
    );
    assert_eq!(output, "code 1\n", "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn no_name_hash_or_key_can_be_read_in_a_backup() {
    let (admin, file) = attacked();
    let database = std::fs::read(admin.data("ats-pat.db")).unwrap();
    let backup = std::fs::read(file).unwrap();
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    for canary in [
        b"alice".as_slice(),
        b"$argon2id$",
        b"SQLite format 3",
        b"CREATE TABLE",
    ] {
        assert!(holds(&database, canary));
        assert!(
            !holds(&backup, canary),
            "{}",
            String::from_utf8_lossy(canary)
        );
    }
}

#[test]
fn a_damaged_database_is_replaced_only_if_asked() {
    let (admin, file) = attacked();
    std::fs::write(
        admin.data("ats-pat.db"),
        b"not a database, but long enough to be one",
    )
    .unwrap();
    let restore = ["db", "restore", path(&file), "--keep"];
    let refused = admin.refusal(1, &restore);
    assert!(refused.contains("can't be opened"), "{refused}");
    let since = ["db", "restore", path(&file), "--replace", "--revoke-since"];
    let refused = admin.refusal(1, &since);
    assert!(refused.contains("say `--revoke-all`"), "{refused}");
    let restored = admin.json(&["db", "restore", path(&file), "--replace", "--revoke-all"]);
    assert!(
        path(&admin.data("ats-pat.db.before-restore")).ends_with(
            Path::new(restored["DatabaseBefore"].as_str().unwrap())
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
        )
    );
    assert_eq!(admin.json(&["user", "list"])[0]["UserName"], "alice");
}

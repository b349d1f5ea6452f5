//! What a restore leaves in the data folder.

use std::path::Path;

use crate::program::Admin;

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_restored_host_notices_an_older_database_from_then_on() {
    let admin = Admin::with_alice();
    let older = std::fs::read(admin.data("ats-pat.db")).unwrap();
    admin.json(&["user", "add", "bob"]);
    let file = admin.path("one.backup");
    admin.json(&["db", "backup", path(&file)]);

    let host = Admin::in_an_empty_folder();
    std::fs::create_dir(host.path("ats-pat-data")).unwrap();
    std::fs::copy(admin.data("master.key"), host.data("master.key")).unwrap();
    let run = host.run(&["db", "restore", path(&file)]);
    assert_eq!(run.code, 0, "{}", run.errors);
    // No program has looked at the database since.
    std::fs::write(host.data("ats-pat.db"), older).unwrap();
    let refused = host.refusal(1, &["user", "list"]);
    assert!(refused.contains("accept-restore"), "{refused}");
}

#[test]
fn after_a_restore_no_program_finds_a_checkpoint_of_the_log_that_was_given_up() {
    let mut admin = Admin::with_alice();
    let file = admin.path("one.backup");
    admin.json(&["db", "backup", path(&file)]);
    for user in ["bob", "carol", "dave"] {
        admin.json(&["user", "add", user]);
    }
    assert!(admin.data("checkpoint").exists());
    admin.set("ATS_PAT_LOG", "info");
    let run = admin.run(&["db", "restore", path(&file), "--replace", "--keep"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    // A change needs to know the whole log.
    let run = admin.run(&["user", "add", "erin"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    assert!(
        !run.errors.contains("of another event log"),
        "{}",
        run.errors
    );
}

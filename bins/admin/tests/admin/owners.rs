//! The owners of files. Most of it can only be tested as root, because other users can't give files
//! away.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use crate::program::Admin;

/// The user of the service. It is not the user that runs the tests.
const SERVICE: u32 = 65_534;
const SOMEBODY: u32 = 65_533;

fn is_root(admin: &Admin) -> bool {
    fs::metadata(admin.path(".")).unwrap().uid() == 0
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_root_makes_or_replaces_in_the_data_folder_belongs_to_the_owner_of_the_folder() {
    let admin = Admin::in_an_empty_folder();
    if !is_root(&admin) {
        return;
    }
    fs::create_dir(admin.path("ats-pat-data")).unwrap();
    chown(admin.path("ats-pat-data"), Some(SERVICE), Some(SERVICE)).unwrap();
    set_mode(&admin.path("ats-pat-data"), 0o700);
    let all_belong_to_the_service = || {
        let mut seen = Vec::new();
        for file in fs::read_dir(admin.path("ats-pat-data")).unwrap() {
            let file = file.unwrap();
            let found = file.metadata().unwrap();
            assert_eq!((found.uid(), found.gid()), (SERVICE, SERVICE), "{file:?}");
            seen.push(file.file_name().into_string().unwrap());
        }
        seen.sort();
        assert!(
            seen.starts_with(&["anchor".to_owned(), "ats-pat.db".to_owned()]),
            "{seen:?}"
        );
    };
    let add = |name| admin.run(&["user", "add", name]);
    assert_eq!(add("ada").code, 0);
    all_belong_to_the_service();

    set_mode(&admin.data("anchor"), 0o640);
    let before = fs::read_to_string(admin.data("anchor")).unwrap();
    assert_eq!(add("bob").code, 0);
    assert_ne!(fs::read_to_string(admin.data("anchor")).unwrap(), before);
    assert_eq!(mode(&admin.data("anchor")), 0o640);
    all_belong_to_the_service();
}

#[test]
fn a_data_folder_that_every_user_can_change_is_refused() {
    let admin = Admin::with_alice();
    set_mode(&admin.path("ats-pat-data"), 0o777);
    for arguments in [
        ["user", "list"].as_slice(),
        &["user", "add", "bob"],
        &["db", "status"],
    ] {
        let refusal = admin.refusal(1, arguments);
        assert!(
            refusal.contains("mode 0777") && refusal.contains("chmod 700"),
            "{refusal}"
        );
    }
    set_mode(&admin.path("ats-pat-data"), 0o755);
    assert_eq!(admin.run(&["user", "list"]).code, 0);
}

#[test]
fn a_database_that_every_user_can_read_is_closed_to_them() {
    let admin = Admin::with_alice();
    set_mode(&admin.data("ats-pat.db"), 0o666);
    assert_eq!(admin.run(&["user", "list"]).code, 0);
    assert_eq!(mode(&admin.data("ats-pat.db")), 0o660);
}

#[test]
fn a_master_key_of_another_user_is_refused() {
    let admin = Admin::with_alice();
    if !is_root(&admin) {
        return;
    }
    chown(admin.data("master.key"), Some(SOMEBODY), None).unwrap();
    let refusal = admin.refusal(1, &["user", "list"]);
    assert!(refusal.contains("belongs to another user"), "{refusal}");
    // Root administers the files of the service.
    chown(admin.path("ats-pat-data"), Some(SOMEBODY), None).unwrap();
    assert_eq!(admin.run(&["user", "list"]).code, 0);
}

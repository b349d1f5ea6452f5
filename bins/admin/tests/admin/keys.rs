use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::Value;

use crate::program::Admin;

#[test]
fn a_new_key_takes_over_later_or_at_once() {
    let admin = Admin::with_alice();
    assert_json_snapshot!(admin.json(&["key", "list"]), {
        "[].Kid" => "[kid]",
        "[].CreatedAt" => "[time]",
        "[].ActiveFrom" => "[time]",
    });
    let states = |keys: Value| -> Vec<String> {
        keys.as_array()
            .unwrap()
            .iter()
            .map(|key| key["State"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(states(admin.json(&["key", "rotate"])), ["Active", "Next"]);
    let refusal = admin.refusal(1, &["key", "rotate"]);
    assert!(refusal.contains("is already published"), "{refusal}");
    assert_eq!(
        states(admin.json(&["key", "rotate", "--now"])),
        ["Retired", "Active"]
    );
    assert_snapshot!(admin.table(&["key", "list"]));
}

#[test]
fn the_master_key_can_come_from_a_command() {
    let mut admin = Admin::in_an_empty_folder();
    let key = "kk".repeat(21) + "A";
    std::fs::write(admin.path("unseal"), format!("#!/bin/sh\necho {key}\n")).unwrap();
    make_executable(&admin.path("unseal"));
    admin.set("ATS_PAT_MASTER_KEY_COMMAND", "./unseal,first");
    admin.json(&["user", "add", "bob"]);
    assert!(!admin.data("master.key").exists());
    assert_eq!(admin.json(&["audit", "verify"])["Findings"][0], Value::Null);

    // Another key is refused, and the place of the key is named.
    let other = "oo".repeat(21) + "A";
    std::fs::write(admin.path("unseal"), format!("#!/bin/sh\necho {other}\n")).unwrap();
    let refused = admin.refusal(1, &["user", "list"]);
    assert!(
        refused.contains("the output of `master-key-command`"),
        "{refused}"
    );
    for (script, said) in [
        ("exit 7", "exit status: 7"),
        (
            "echo 'the vault is sealed' >&2; exit 1",
            "and said: the vault is sealed",
        ),
        ("echo short", "`master-key-command`"),
        ("true", "holds no key"),
    ] {
        std::fs::write(admin.path("unseal"), format!("#!/bin/sh\n{script}\n")).unwrap();
        let refused = admin.refusal(1, &["user", "list"]);
        assert!(refused.contains(said), "{refused}");
        assert!(!refused.contains("short"), "{refused}");
    }
    admin.set("ATS_PAT_MASTER_KEY_FILE", "master.key");
    let refused = admin.refusal(2, &["user", "list"]);
    assert!(
        refused.contains("ATS_PAT_MASTER_KEY_COMMAND")
            && refused.contains("ATS_PAT_MASTER_KEY_FILE"),
        "{refused}"
    );
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

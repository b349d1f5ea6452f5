use insta::{assert_json_snapshot, assert_snapshot};

use crate::program::Admin;

const BOB: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";

#[test]
fn a_user_is_added_with_the_id_that_exists_elsewhere() {
    let admin = Admin::in_an_empty_folder();
    let upper = BOB.to_uppercase();
    let user = admin.json(&[
        "user",
        "add",
        " bob ",
        "--id",
        &upper,
        "--display-name",
        "Bob B.",
    ]);
    assert_json_snapshot!(user, { ".CreatedAt" => "[time]" });
    let refusal = admin.refusal(1, &["user", "add", "carl", "--id", BOB]);
    assert_snapshot!(refusal, @"error: the id 0193f2a0-7b1c-7d2e-8f00-0123456789ab belongs to a user already; ids are never reused");
}

#[test]
fn users_are_listed_as_array_and_table() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "Bob", "--id", BOB]);
    assert_json_snapshot!(admin.json(&["user", "list"]), {
        "[].Id" => "[id]",
        "[].CreatedAt" => "[time]",
    });
    assert_snapshot!(admin.table(&["user", "list"]));
}

#[test]
fn the_display_name_is_the_user_name_where_none_is_given() {
    let admin = Admin::in_an_empty_folder();
    assert_eq!(admin.json(&["user", "add", "bob"])["DisplayName"], "bob");
}

#[test]
fn a_user_without_a_password_is_told_of() {
    let admin = Admin::in_an_empty_folder();
    assert_snapshot!(admin.table(&["user", "add", "bob"]));
}

#[test]
fn disabling_and_enabling_can_be_repeated_and_names_ignore_case() {
    let admin = Admin::with_alice();
    let refusal = admin.refusal(1, &["user", "disable", "ALICE"]);
    assert_snapshot!(refusal, @"error: alice is the last administrator who is not disabled: add another first, or use `ats-pat-admin user disable --even-the-last`");
    for _ in 0..2 {
        let disabled = admin.json(&["user", "disable", "ALICE", "--even-the-last"]);
        assert_eq!(disabled["Disabled"], true);
    }
    for _ in 0..2 {
        assert_eq!(admin.json(&["user", "enable", "alice"])["Disabled"], false);
    }
    let refusal = admin.refusal(1, &["user", "disable", "bob"]);
    assert_snapshot!(refusal, @"error: there is no user bob; see `ats-pat-admin user list`");
}

#[test]
fn a_service_account_has_a_responsible_person_and_no_password() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "grace"]);
    let add = [
        "user",
        "add",
        "deploy",
        "--service",
        "--responsible",
        "GRACE",
    ];
    assert_json_snapshot!(admin.json(&add), {
        ".Id" => "[id]",
        ".ResponsibleId" => "[id]",
        ".CreatedAt" => "[time]",
    });
    assert_snapshot!(admin.table(&["user", "list"]));
    let refusal = admin.refusal_with(
        "a very good passphrase",
        1,
        &["user", "set-password", "deploy", "--password-stdin"],
    );
    assert_snapshot!(refusal, @"error: deploy is a service account: it has no password and nobody signs in with it; make tokens for it instead");
    for wrong in [
        ["user", "add", "other", "--service"].as_slice(),
        &["user", "add", "other", "--responsible", "grace"],
        &[
            "user",
            "add",
            "other",
            "--service",
            "--responsible",
            "grace",
            "--admin",
        ],
        &[
            "user",
            "add",
            "other",
            "--service",
            "--responsible",
            "grace",
            "--password-stdin",
        ],
    ] {
        assert_eq!(admin.run(wrong).code, 2, "{wrong:?}");
    }
    let refusal = admin.refusal(
        1,
        &["user", "add", "x", "--service", "--responsible", "deploy"],
    );
    assert_snapshot!(refusal, @"error: deploy can't be responsible for a service account: name a person who is not disabled");
    let refusal = admin.refusal(1, &["user", "set-responsible", "grace", "alice"]);
    assert_snapshot!(refusal, @"error: grace is no service account: only a service account has a responsible person");
    let account = admin.json(&["user", "set-responsible", "deploy", "alice"]);
    assert_eq!(account["Responsible"]["UserName"], "alice");
}

#[test]
fn groups_are_set_as_a_whole_and_an_event_tells_which_were_before() {
    let admin = Admin::with_alice();
    let set = ["user", "set-groups", "ALICE", "scim/7", "corp/b", "corp/b"];
    assert_eq!(
        admin.json(&set)["Groups"],
        serde_json::json!(["corp/b", "scim/7"])
    );
    assert_snapshot!(admin.table(&["user", "list"]));
    let none = admin.json(&["user", "set-groups", "alice"]);
    assert_eq!(none["Groups"], serde_json::json!([]));
    let events = admin.json(&["audit", "list", "--limit", "2"]);
    let of_groups = events.as_array().unwrap().iter();
    assert!(
        of_groups
            .clone()
            .all(|event| event["Kind"] == "user.groups_set")
    );
    let set_last = of_groups.max_by_key(|event| event["Seq"].as_i64()).unwrap();
    let details = &set_last["Details"];
    assert_eq!(details["Groups"], serde_json::json!([]));
    assert_eq!(
        details["GroupsBefore"],
        serde_json::json!(["corp/b", "scim/7"])
    );
    let refusal = admin.refusal(1, &["user", "set-groups", "alice", "builders"]);
    assert_snapshot!(refusal, @r#"error: "builders" is no group: write the provider in small letters and digits, a slash and the group, such as corp/builders, with 200 characters at most"#);
}

#[test]
fn disabling_a_responsible_person_warns_of_the_accounts() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "grace"]);
    for account in ["deploy", "backup"] {
        admin.json(&[
            "user",
            "add",
            account,
            "--service",
            "--responsible",
            "grace",
        ]);
    }
    let run = admin.run(&["user", "disable", "grace", "--output", "json"]);
    assert_eq!(run.code, 0);
    assert_snapshot!(run.errors);
    assert_snapshot!(admin.table(&["user", "list"]));
    let run = admin.run(&["user", "disable", "deploy"]);
    assert_eq!((run.code, run.errors.as_str()), (0, ""));
}

#[test]
fn a_password_comes_from_standard_input_and_meets_the_rules() {
    let admin = Admin::with_alice();
    for (password, code) in [
        ("another good passphrase\n", 0),
        ("another good passphrase", 0),
        ("tiny\n", 1),
        ("password1234\n", 1),
        ("\n", 1),
        ("", 1),
    ] {
        for arguments in [
            ["user", "set-password", "alice", "--password-stdin"].as_slice(),
            &["user", "set-password", "alice"],
        ] {
            let run = admin.run_with(password, arguments);
            assert_eq!(run.code, code, "{password:?} {}", run.errors);
            assert!(password.trim().is_empty() || !run.errors.contains(password.trim()));
        }
    }
    let refusal = admin.refusal_with("", 1, &["user", "add", "bob", "--password-stdin"]);
    assert_snapshot!(refusal, @"error: standard input holds no password: write it there as one line of UTF-8, at most 4096 bytes");
    assert_eq!(admin.json(&["user", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_name_in_use_or_against_the_rules_is_refused_and_nothing_is_stored() {
    let admin = Admin::with_alice();
    assert_snapshot!(admin.refusal(1, &["user", "add", "Alice"]), @"error: There is a user Alice already.");
    assert_snapshot!(admin.refusal(1, &["user", "add", " "]), @"error: These values are not allowed: UserName (empty).");
    assert_eq!(admin.json(&["user", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_name_neither_moves_the_cursor_nor_forges_a_line() {
    let admin = Admin::in_an_empty_folder();
    admin.json(&["user", "add", "bob", "--display-name", "ESC CRLF CSI"]);
    // The rules for names don't allow such characters. Somebody with write access to the database
    // put them there.
    admin.edit_database("ESC CRLF CSI", "\u{1b}[2J\r\nx\u{9b}31m");
    let run = admin.run(&["user", "list"]);
    let listed = format!("{}{}", run.output, run.errors);
    assert!(
        !listed.contains(|sign: char| sign != '\n' && sign.is_control()),
        "{listed:?}"
    );
    let refusal = admin.refusal(1, &["user", "disable", "no\u{1b}[2Kbody"]);
    assert!(refusal.contains("no\\u{1b}[2Kbody"), "{refusal:?}");
}

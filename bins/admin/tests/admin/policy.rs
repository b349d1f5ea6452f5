use insta::{assert_json_snapshot, assert_snapshot};

use crate::program::Admin;

const POLICY: &str = r#"
[policy]
max-lifetime-days = 90
may-create = "nobody"
scopes = [{ name = "orders:read", description = "Read \"orders\"" }]
required-networks = ["10.0.0.0/8"]

[[policy.groups]]
group = "corp/builders"
may-create = "everyone"
required-networks = []
revoke-unused-after-days = 30
recent-sign-in-minutes = 15
"#;

fn with_policy() -> Admin {
    let admin = Admin::with_alice();
    std::fs::write(admin.path("policy.toml"), POLICY).unwrap();
    admin
}

#[test]
fn the_policy_is_shown_as_it_can_be_in_the_settings_file() {
    let admin = with_policy();
    let shown = admin.table(&["--config", "policy.toml", "policy", "show"]);
    assert_snapshot!(shown);
    std::fs::write(admin.path("again.toml"), &shown).unwrap();
    let again = admin.table(&["--config", "again.toml", "policy", "show"]);
    assert_eq!(again, shown);
    assert_json_snapshot!(admin.json(&["--config", "policy.toml", "policy", "show"]));
}

#[test]
fn the_policy_of_a_user_follows_the_groups() {
    let admin = with_policy();
    let show = [
        "--config",
        "policy.toml",
        "policy",
        "show",
        "--user",
        "ALICE",
    ];
    assert_eq!(admin.json(&show)["MayCreate"], "Nobody");
    admin.json(&["user", "set-groups", "alice", "corp/builders"]);
    let policy = admin.json(&show);
    assert_eq!(policy["MayCreate"], "Everyone");
    assert_eq!(policy["RequiredNetworks"], serde_json::json!([]));
    assert_eq!(policy["MaxLifetimeDays"], 90);
    let refusal = admin.refusal(1, &["policy", "show", "--user", "bob"]);
    assert_snapshot!(refusal, @"error: there is no user bob; see `ats-pat-admin user list`");
}

#[test]
fn a_check_tells_what_a_policy_would_do_and_changes_nothing() {
    let admin = with_policy();
    admin.json(&[
        "user",
        "add",
        "deploy",
        "--service",
        "--responsible",
        "alice",
    ]);
    std::fs::write(admin.path("long.toml"), "policy.max-lifetime-days = 36500").unwrap();
    for name in ["one", "two"] {
        admin.json(&[
            "--config",
            "long.toml",
            "token",
            "create",
            "deploy",
            "--name",
            name,
            "--expires-at",
            "2100-01-01T00:00:00Z",
            "--network",
            "192.0.2.0/24",
        ]);
    }
    let events = admin.json(&["audit", "verify"])["Events"].clone();
    assert_json_snapshot!(admin.json(&["policy", "check", "policy.toml"]));
    assert_snapshot!(admin.table(&["policy", "check", "policy.toml"]));
    assert_eq!(admin.json(&["audit", "verify"])["Events"], events);
    std::fs::write(admin.path("wrong.toml"), "[policy]\nmax-lifetime-day = 1").unwrap();
    let refusal = admin.refusal(2, &["policy", "check", "wrong.toml"]);
    assert_snapshot!(refusal, @"error: `policy.max-lifetime-day` in wrong.toml is no setting: correct its name or remove it");
}

#[test]
fn a_policy_is_put_into_force_and_shown_as_it_can_be_applied_again() {
    let admin = with_policy();
    let refusal = admin.refusal(1, &["policy", "apply", "policy.toml"]);
    assert_snapshot!(refusal, @"error: The policy is in the settings: change it there and reload the servers, or set `policy-source` to `database`.");
    std::fs::write(
        admin.path("database.toml"),
        "policy-source = \"database\"\n",
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["--config", "database.toml", "policy"], arguments].concat();
        admin.json(&all)
    };
    assert_eq!(run(&["show"])["Version"], "settings");
    let applied = run(&["apply", "policy.toml", "--if-version", "settings"]);
    assert_eq!(applied["MaxLifetimeDays"], 90);
    assert_eq!(applied["Source"], "database");
    assert_eq!(run(&["show"]), applied);
    // What is shown can be applied, in both forms.
    std::fs::write(admin.path("again.json"), applied.to_string()).unwrap();
    assert_eq!(
        run(&["apply", "again.json"]),
        applied,
        "the same is no change"
    );
    let shown = admin.table(&["--config", "database.toml", "policy", "show"]);
    std::fs::write(admin.path("again.toml"), shown).unwrap();
    assert_eq!(run(&["apply", "again.toml"]), applied);
    let late = [
        "--config",
        "database.toml",
        "policy",
        "apply",
        "again.toml",
        "--if-version",
        "settings",
    ];
    let late = admin.refusal(1, &late);
    assert!(late.contains("It was changed meanwhile"), "{late}");
    std::fs::write(
        admin.path("wrong.json"),
        r#"{"MaxLifetimeDays": 0, "MayCreate": "Nobody"}"#,
    )
    .unwrap();
    let wrong = admin.refusal(1, &["policy", "check", "wrong.json"]);
    assert_snapshot!(wrong, @"error: These values are not allowed: MaxLifetimeDays (out_of_range).");
    std::fs::write(admin.path("none.json"), r#"{"MaxLifetime": 1}"#).unwrap();
    let none = admin.refusal(1, &["policy", "check", "none.json"]);
    assert!(
        none.starts_with("error: none.json has no policy: unknown field `MaxLifetime`"),
        "{none}"
    );
}

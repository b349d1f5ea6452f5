use serde_json::json;

use crate::program::Admin;

/// Every migration, in the order in which a new database gets them.
const MIGRATIONS: [&str; 19] = [
    "m0001_initial",
    "m0002_status_places",
    "m0003_transactions",
    "m0004_active_tokens",
    "m0005_currency",
    "m0006_display_names",
    "m0007_event_subjects",
    "m0008_overlap",
    "m0009_self_regenerate",
    "m0010_responsible",
    "m0011_groups",
    "m0012_policy",
    "m0013_operator_keys",
    "m0014_emails",
    "m0015_identities",
    "m0016_provider_sign_in",
    "m0017_signed_in_elsewhere",
    "m0018_directory",
    "m0019_pruned_beside",
];

#[test]
fn a_database_is_made_once_and_its_schema_told() {
    let admin = Admin::in_an_empty_folder();
    assert_eq!(
        admin.json(&["db", "migrate"]),
        json!({
          "Applied": MIGRATIONS
        })
    );
    assert_eq!(
        admin.json(&["db", "migrate"]),
        json!({
          "Applied": []
        })
    );
    assert_eq!(admin.json(&["db", "migrate", "--plan"]), json!([]));
    assert_eq!(
        admin.json(&["db", "status"]),
        json!({
          "Applied": MIGRATIONS,
          "Pending": [],
          "Unknown": [],
          "Beside": []
        })
    );
    assert_eq!(
        admin.left_on_disk(),
        ["ats-pat-data", "ats-pat-data/ats-pat.db"]
    );
}

#[test]
fn a_mistyped_place_does_not_become_a_new_service() {
    let admin = Admin::with_alice();
    let before = admin.left_on_disk();
    for arguments in [
        ["user", "list"].as_slice(),
        &["token", "list"],
        &["key", "rotate"],
        &["db", "status"],
        &["audit", "verify"],
        &["db", "accept-restore", "--keep"],
    ] {
        for place in [
            ["--data-dir", "ats-pat-dota"],
            ["--database-url", "sqlite:other.db"],
        ] {
            let arguments: Vec<&str> = arguments.iter().chain(&place).copied().collect();
            let refusal = admin.refusal(1, &arguments);
            assert!(
                refusal.starts_with("error: there is no database at "),
                "{refusal}"
            );
        }
    }
    assert_eq!(admin.left_on_disk(), before);
}

#[test]
fn a_restored_database_is_refused_until_it_is_accepted() {
    for (choice, arguments) in [
        ("--keep", ["user", "list"]),
        ("--revoke-all", ["token", "list"]),
    ] {
        let admin = Admin::with_alice();
        let backup = std::fs::read(admin.data("ats-pat.db")).unwrap();
        admin.json(&["user", "add", "bob"]);
        std::fs::write(admin.data("ats-pat.db"), backup).unwrap();

        let refusal = admin.refusal(1, &arguments);
        assert!(refusal.contains("db accept-restore --keep"), "{refusal}");
        assert_eq!(
            admin.json(&["db", "accept-restore", choice]),
            json!({ "GivenUpSeq": 3, "HeadSeq": 3, "Revoked": 0 })
        );
        admin.json(&arguments);
        assert_eq!(
            admin.refusal(1, &["db", "accept-restore", choice]),
            "error: the database is not behind what this data folder last saw: there is nothing to accept\n"
        );
    }
}

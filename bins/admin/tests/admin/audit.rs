use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::json;

use crate::program::Admin;

#[test]
fn events_are_listed_the_newest_first() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "bob"]);
    assert_json_snapshot!(admin.json(&["audit", "list", "--limit", "1"]), {
        "[].Id" => "[id]",
        "[].At" => "[time]",
        "[].Owner" => "[id]",
        "[].Subject" => "[id]",
        "[].Details.Rows[].Id" => "[id]",
        "[].Details.Rows[].Tag" => "[tag]",
    });
    assert_snapshot!(admin.table(&["audit", "list"]));
    let of_alice = admin.json(&["audit", "list", "--owner", "ALICE"]);
    assert_eq!(of_alice.as_array().unwrap().len(), 1);
    assert_eq!(of_alice[0]["Details"]["UserName"], "alice");
}

#[test]
fn an_untouched_database_passes_and_an_altered_one_ends_with_findings() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "mallory1"]);
    assert_eq!(
        admin.json(&["audit", "verify"]),
        json!({ "Events": 3, "Rows": 3, "Findings": [] })
    );

    admin.edit_database("mallory1", "mallory2");
    let run = admin.run(&["audit", "verify", "--output", "json"]);
    assert_eq!(run.code, 1, "{}", run.errors);
    let report: serde_json::Value = serde_json::from_str(&run.output).unwrap();
    assert!(!report["Findings"].as_array().unwrap().is_empty());
    assert!(
        run.errors.starts_with("error: the audit found "),
        "{}",
        run.errors
    );
    // The other rows are still listed, and a message names the missing one.
    let listed = admin.run(&["user", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.errors);
    assert!(listed.output.contains("alice") && !listed.output.contains("mallory"));
    assert!(
        listed.errors.contains("altered behind the program's back"),
        "{}",
        listed.errors
    );
}

use insta::{assert_json_snapshot, assert_snapshot};

use crate::program::Admin;

#[test]
fn a_new_key_takes_over_later_or_at_once() {
    let admin = Admin::with_alice();
    assert_json_snapshot!(admin.json(&["key", "list"]), {
        "[].Kid" => "[kid]",
        "[].CreatedAt" => "[time]",
        "[].ActiveFrom" => "[time]",
    });
    let states = |keys: serde_json::Value| -> Vec<String> {
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

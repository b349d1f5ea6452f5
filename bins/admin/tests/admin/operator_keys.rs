use insta::assert_snapshot;

use crate::program::Admin;

#[test]
fn a_key_is_printed_alone_listed_without_its_secret_and_revoked() {
    let admin = Admin::with_alice();
    let add = [
        "operator-key",
        "add",
        "SIEM",
        "--right",
        "audit",
        "--expires",
        "30",
    ];
    let secret = admin.table(&add);
    let secret = secret.trim_end();
    assert!(
        secret.starts_with("atsop_") && secret.len() == 55,
        "the secret alone"
    );
    let restricted = [
        "operator-key",
        "add",
        "Terraform",
        "--right",
        "users",
        "--right",
        "service-tokens",
    ];
    let restricted = [
        &restricted[..],
        &["--expires", "366", "--network", "10.0.0.1/8"],
    ]
    .concat();
    let made = admin.json(&restricted);
    assert_eq!(made["Key"]["AllowedNetworks"][0], "10.0.0.0/8");
    let listed = admin.json(&["operator-key", "list"]);
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["Name"])
        .collect();
    assert_eq!(names, ["Terraform", "SIEM"]);
    assert!(!listed.to_string().contains(secret));
    let id = listed[1]["Id"].as_str().unwrap();
    assert_eq!(
        admin.json(&["operator-key", "revoke", id])["Status"],
        "Revoked"
    );
    assert_eq!(
        admin.json(&["operator-key", "list"])[1]["Status"],
        "Revoked"
    );
    let unknown = admin.refusal(1, &["operator-key", "revoke", "x"]);
    assert_snapshot!(unknown, @"error: You have no such personal access token.");
    let too_long = [&add[..5], &["--expires", "367"]].concat();
    assert!(admin.refusal(2, &too_long).contains("367"));
}

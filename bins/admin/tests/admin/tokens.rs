use std::net::{IpAddr, Ipv4Addr};

use ats_pat_program::{Access, CommonFlags, Opened, Settings};
use ats_pat_service::{NewToken, SignatureProvider};
use insta::{assert_json_snapshot, assert_snapshot};
use secrecy::ExposeSecret as _;

use crate::program::Admin;

/// Makes a token of alice's, as the interface would do. Returns its id and its secret.
fn make_token(admin: &Admin, name: &str) -> (String, String) {
    make_token_for(admin, name, "10.0.0.0/8")
}

/// The same, for use from a network.
#[tokio::main]
pub async fn make_token_for(admin: &Admin, name: &str, network: &str) -> (String, String) {
    let flags = CommonFlags {
        data_dir: Some(admin.path("ats-pat-data").display().to_string().into()),
        ..CommonFlags::default()
    };
    let long = [("ATS_PAT_POLICY_MAX_LIFETIME_DAYS".into(), "36500".into())];
    let settings = Settings::load(&flags, None, long).unwrap();
    let opened = Opened::open(
        &settings,
        "http://127.0.0.1:8080",
        Access::Use,
        SignatureProvider::default(),
    )
    .await
    .unwrap();
    let service = &opened.service;
    let password = "correct horse battery staple".into();
    let signed_in = service
        .sign_in("alice", &password, IpAddr::from(Ipv4Addr::LOCALHOST))
        .await
        .unwrap();
    let signed_in = service
        .authenticate(signed_in.session_id.expose_secret())
        .await
        .unwrap();
    let new = NewToken {
        name: Some(name.to_owned()),
        expires_at: Some("2099-01-01T00:00:00Z".to_owned()),
        description: Some("Nightly build".to_owned()),
        allowed_networks: Some(vec![network.to_owned()]),
        ..NewToken::default()
    };
    let issued = service.create_token(&signed_in, new).await.unwrap();
    let made = (
        issued.token.id.to_string(),
        issued.secret.expose_secret().to_owned(),
    );
    opened.close().await;
    made
}

#[test]
fn tokens_are_listed_shown_and_revoked() {
    let admin = Admin::with_alice();
    assert_eq!(admin.json(&["token", "list"]), serde_json::json!([]));
    let (id, secret) = make_token(&admin, "ci");
    make_token(&admin, "deploy");

    assert_json_snapshot!(admin.json(&["token", "list", "--sort", "-Name"]), {
        "[].Id" => "[id]",
        "[].OwnerId" => "[id]",
        "[].CreatedAt" => "[time]",
    });
    assert_snapshot!(admin.table(&["token", "list", "--sort", "Name"]));
    assert_snapshot!(admin.table(&["token", "show", &id]));

    let shown = admin.json(&["token", "show", &id.to_uppercase()]);
    let found = admin.run_with(
        &format!("{secret}\n"),
        &["token", "show", "--from-stdin", "--output", "json"],
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&found.output).unwrap(),
        shown
    );
    assert!(!found.output.contains(&secret));

    let revoked = admin.json(&["token", "revoke", &id]);
    assert_eq!(revoked["Status"], "Revoked");
    assert_eq!(
        admin.json(&["token", "revoke", &id]),
        revoked,
        "revoking twice changes nothing"
    );
    let found = admin.run_with(
        &secret,
        &["token", "show", "--from-stdin", "--output", "json"],
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&found.output).unwrap(),
        revoked
    );
}

#[test]
fn a_token_is_made_for_a_service_account_as_long_as_somebody_is_responsible() {
    let mut admin = Admin::with_alice();
    admin.set("ATS_PAT_POLICY_MAX_LIFETIME_DAYS", "36500");
    admin.json(&["user", "add", "grace"]);
    admin.json(&[
        "user",
        "add",
        "deploy",
        "--service",
        "--responsible",
        "grace",
    ]);
    let run = |account: &str, name: &str| {
        let expires_at = "2099-01-01T00:00:00Z";
        admin.run(&[
            "token",
            "create",
            account,
            "--name",
            name,
            "--expires-at",
            expires_at,
        ])
    };
    let made = run("deploy", "ci");
    assert_eq!((made.code, made.errors.as_str()), (0, ""));
    let secret = made.output.trim();
    let found = admin.run_with(
        secret,
        &["token", "show", "--from-stdin", "--output", "json"],
    );
    let found: serde_json::Value = serde_json::from_str(&found.output).unwrap();
    assert_eq!(
        (&found["OwnerName"], &found["Name"]),
        (&"deploy".into(), &"ci".into())
    );

    let refused = run("grace", "ci");
    assert_snapshot!(refused.errors, @"error: grace is no service account: only a service account has a responsible person");
    assert_eq!(admin.run(&["user", "disable", "grace"]).code, 0);
    let refused = run("deploy", "other");
    assert_eq!(refused.code, 1);
    assert_snapshot!(refused.errors, @"error: Nobody who is enabled is responsible for this service account: ask an administrator to name somebody.");
    assert_eq!(
        admin.json(&["token", "revoke", found["Id"].as_str().unwrap()])["Status"],
        "Revoked"
    );
}

#[test]
fn a_list_takes_the_filters_of_the_interface() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "bob"]);
    let (id, _) = make_token(&admin, "Straße");
    make_token(&admin, "deploy");
    admin.json(&["token", "revoke", &id]);
    for (filter, names) in [
        (["--status", "Active"].as_slice(), ["deploy"].as_slice()),
        (&["--status", "Revoked"], &["Straße"]),
        (&["--search", "STRASSE"], &["Straße"]),
        (
            &["--search", "night", "--sort", "-Name"],
            &["Straße", "deploy"],
        ),
        (&["--search", "%"], &[]),
        (
            &["--search", "", "--sort", "CreatedAt"],
            &["Straße", "deploy"],
        ),
        (
            &[
                "--owner",
                "Alice",
                "--page-size",
                "1",
                "--page",
                "2",
                "--sort",
                "CreatedAt",
            ],
            &["deploy"],
        ),
        (&["--owner", "bob"], &[]),
        (&["--page", "3"], &[]),
    ] {
        let arguments: Vec<&str> = ["token", "list"].iter().chain(filter).copied().collect();
        let listed = admin.json(&arguments);
        let listed: Vec<&str> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token["Name"].as_str().unwrap())
            .collect();
        assert_eq!(listed, names, "{filter:?}");
    }
}

#[test]
fn what_is_no_token_is_refused_without_being_repeated() {
    let admin = Admin::with_alice();
    for id in ["x", "0193f2a0-7b1c-7d2e-8f00-0123456789ab"] {
        admin.refusal(1, &["token", "show", id]);
        admin.refusal(1, &["token", "revoke", id]);
    }
    for secret in ["atspat_x", &format!("atspat_{}", "0".repeat(49))] {
        let refusal = admin.refusal_with(secret, 1, &["token", "show", "--from-stdin"]);
        assert!(!refusal.contains(secret), "{refusal}");
    }
}

#[test]
fn a_new_password_revokes_the_users_tokens_where_asked() {
    let admin = Admin::with_alice();
    let (id, _) = make_token(&admin, "ci");
    for (flag, status) in [(None, "Active"), (Some("--revoke-tokens"), "Revoked")] {
        let arguments = ["user", "set-password", "alice"].into_iter().chain(flag);
        let arguments: Vec<&str> = arguments.collect();
        let run = admin.run_with("correct horse battery staple\n", &arguments);
        assert_eq!((run.code, run.errors.as_str()), (0, ""));
        assert_eq!(admin.json(&["token", "show", &id])["Status"], status);
    }
}

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use insta::assert_snapshot;

use crate::interface::Interface;
use crate::program::Admin;
use crate::tokens::make_token_for;

/// The claims of an authentication token, without verification.
fn claims(token: &str) -> serde_json::Value {
    let claims = token.split('.').nth(1).unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[test]
fn a_token_from_standard_input_is_exchanged_without_a_database() {
    let home = Admin::with_alice();
    let (_, secret) = make_token_for(&home, "ci", "127.0.0.0/8");
    let interface = Interface::over(&home);
    let elsewhere = Admin::in_an_empty_folder();

    let arguments = ["exchange", "--url", &interface.url];
    let run = elsewhere.run_with(&format!("{secret}\n"), &arguments);
    assert_eq!((run.code, run.errors.as_str()), (0, ""));
    let token = run.output.strip_suffix('\n').unwrap();
    assert_eq!(token.split('.').count(), 3, "it stands alone: {token}");

    let run = elsewhere.run_with(&secret, &[&arguments[..], &["--output", "json"]].concat());
    assert_eq!((run.code, run.errors.as_str()), (0, ""));
    let shown: serde_json::Value = serde_json::from_str(&run.output).unwrap();
    let members: Vec<_> = shown.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["ExpiresAt", "PersonalAccessTokenExpiresAt", "Token"]
    );
    assert_eq!(
        shown["PersonalAccessTokenExpiresAt"],
        "2099-01-01T00:00:00.000Z"
    );
    assert_eq!(shown["Token"].as_str().unwrap().split('.').count(), 3);
    assert!(elsewhere.left_on_disk().is_empty());
}

#[test]
fn each_reason_for_no_token_is_told_in_one_line() {
    let home = Admin::with_alice();
    let (id, secret) = make_token_for(&home, "ci", "127.0.0.0/8");
    home.json(&["token", "revoke", &id]);
    let (_, of_another_network) = make_token_for(&home, "deploy", "10.0.0.0/8");
    let interface = Interface::over(&home);
    let admin = Admin::in_an_empty_folder();
    let unknown = "atspat_00000000000000000000000000000000000000000002CZclj";
    let mut refusals = String::new();
    for (code, input, url) in [
        (1, secret.as_str(), interface.url.as_str()),
        (1, &of_another_network, &interface.url),
        (1, unknown, &interface.url),
        (1, &secret[..55], &interface.url),
        (1, "", &interface.url),
        (2, unknown, "http://pat.example.com"),
        (2, unknown, "pat.example.com"),
        (2, unknown, "https://pat.example.com/settings"),
    ] {
        let refusal = admin.refusal_with(input, code, &["exchange", "--url", url]);
        assert!(!refusal.contains("atspat_0"), "{refusal}");
        assert!(!refusal.contains(&secret[7..]), "{refusal}");
        refusals.push_str(&refusal);
    }
    refusals.push_str(&admin.refusal(2, &["exchange"]));
    assert_snapshot!(refusals);
}

#[test]
fn a_token_is_only_for_the_audiences_that_are_named() {
    let home = Admin::with_alice();
    let (_, secret) = make_token_for(&home, "ci", "127.0.0.0/8");
    let interface = Interface::serving(&home, &[("ATS_PAT_AUDIENCE", "orders,stock,sales")]);
    let admin = Admin::in_an_empty_folder();
    let exchange = ["exchange", "--url", &interface.url];
    for (arguments, audience) in [
        (&[][..], serde_json::json!(["orders", "stock", "sales"])),
        (&["--audience", "stock"], serde_json::json!("stock")),
        (
            &["--audience", "sales", "orders"],
            serde_json::json!(["orders", "sales"]),
        ),
        (
            &["--audience", "sales", "--audience", "stock"],
            serde_json::json!(["stock", "sales"]),
        ),
    ] {
        let run = admin.run_with(&secret, &[&exchange, arguments].concat());
        assert_eq!((run.code, run.errors.as_str()), (0, ""), "{arguments:?}");
        assert_eq!(claims(run.output.trim_end())["aud"], audience);
    }
    let refusal = admin.refusal_with(
        &secret,
        1,
        &[&exchange[..], &["--audience", "nobody"]].concat(),
    );
    assert!(refusal.contains("Audience (unknown_value)"), "{refusal}");
}

#[test]
fn a_token_in_a_file_is_replaced_by_its_next_one() {
    let home = Admin::with_alice();
    let (_, plain) = make_token_for(&home, "plain", "127.0.0.0/8");
    let interface = Interface::over(&home);
    let admin = Admin::in_an_empty_folder();
    let file = admin.path("token");
    let name = file.to_str().unwrap();
    let rotate = ["exchange", "--url", &interface.url, "--rotate", name];
    let missing = admin.refusal(1, &rotate);
    assert!(missing.contains("can't be used as the file of a personal access token"));

    std::fs::write(&file, &plain).unwrap();
    let refused = admin.refusal(1, &rotate);
    assert!(refused.contains("(1208)"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), plain);
}

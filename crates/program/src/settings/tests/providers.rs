//! Identity providers in the settings.

use ats_pat_service::LocalPasswords;
use secrecy::ExposeSecret as _;

use super::given::Given;
use crate::settings::provider::KEYS;

const CORP: &str = "[oidc.corp]\nissuer = 'https://id.example.com'\nclient-id = 'ats'\n";

#[test]
fn a_provider_can_be_in_the_environment_and_its_secret_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "s3cret\n").unwrap();
    let settings = Given::variable("ATS_PAT_OIDC_CORP_ISSUER", "https://id.example.com")
        .and_variable("ATS_PAT_OIDC_CORP_CLIENT_ID", "ats")
        .and_variable(
            "ATS_PAT_OIDC_CORP_CLIENT_SECRET_FILE",
            file.to_str().unwrap(),
        )
        .and_variable("ATS_PAT_OIDC_CORP_ALLOWED_GROUPS", "staff, ats users")
        .and_variable("ATS_PAT_LOCAL_PASSWORDS", "off")
        .settings();
    let [corp] = &*settings.providers else {
        panic!("one provider");
    };
    assert_eq!(corp.rules.name.as_str(), "corp");
    assert_eq!(corp.rules.label, "corp");
    assert_eq!(corp.rules.allowed_groups, ["staff", "ats users"]);
    assert_eq!(corp.scopes, ["openid", "profile", "email"]);
    let secret = corp.client_secret.as_ref().unwrap();
    assert_eq!(secret.expose_secret(), "s3cret");
    assert_eq!(settings.local_passwords, LocalPasswords::Off);
}

#[test]
fn the_environment_wins_key_by_key() {
    let settings = Given::file(CORP)
        .and_variable("ATS_PAT_OIDC_CORP_LABEL", "Contoso")
        .settings();
    assert_eq!(settings.providers[0].client_id, "ats");
    assert_eq!(settings.providers[0].rules.label, "Contoso");
}

#[test]
fn without_days_nobody_has_to_sign_in_again() {
    let days = |line: &str| {
        let settings = Given::file(&format!("{CORP}{line}\n")).settings();
        let days = settings.providers[0].rules.sign_in_every_days;
        days.map(std::num::NonZeroU32::get)
    };
    assert_eq!(days(""), None);
    assert_eq!(days("sign-in-every-days = 0"), None);
    assert_eq!(days("sign-in-every-days = 30"), Some(30));
}

#[test]
fn every_key_of_a_provider_has_an_environment_variable() {
    for key in KEYS {
        let name = key.name.replace('-', "_").to_ascii_uppercase();
        let variable = format!("ATS_PAT_OIDC_CORP_{name}");
        let refused = Given::variable(&variable, "openid").load();
        let refused = refused.unwrap_err().to_string();
        assert!(!refused.contains("is no setting"), "{refused}");
    }
}

#[test]
fn each_mistake_with_a_provider_says_what_to_do() {
    let with = |line: &str| format!("{CORP}{line}\n");
    let files = [
        "[oidc.corp]\nclient-id = 'ats'".to_owned(),
        "[oidc.corp]\nissuer = 'https://id.example.com'".to_owned(),
        CORP.replace("corp", "Corp"),
        CORP.replace("https://id.example.com", "id.example.com"),
        CORP.replace("https://id.example.com", "http://id.example.com"),
        CORP.replace("https://id.example.com", "http://127.0.0.1.example.com"),
        CORP.replace("https://id.example.com", "https://id.example.com?a=b"),
        CORP.replace("https://id.example.com", "https://a:s3cret@id.example.com"),
        with("client-secrets = 's3cret'"),
        with("scopes = 'profile'"),
        with("allowed-groups = []"),
        with("allowed-groups = ['']"),
        with("subject-is-id = 'yes'"),
        with("label = ''"),
        with("sign-in-every-days = 3651"),
        with("sign-in-every-days = -1"),
        with(&format!(
            "subject-is-id = true\n{}subject-is-id = true",
            CORP.replace("corp", "other")
        )),
        "oidc = 'https://id.example.com'".to_owned(),
        "local-passwords = 'off'".to_owned(),
        format!("local-passwords = 'never'\n{CORP}"),
        CORP.replace("corp", "scim"),
        format!("scim.provider = 'entra'\n{CORP}"),
        format!("scim.provider = 'Corp'\n{CORP}"),
        format!("scim.identity-claim = 'oid'\n{CORP}"),
        format!("scim.provider = 'corp'\nscim.identity-claim = 'oid'\n{CORP}subject-is-id = true"),
    ];
    let mistakes: Vec<_> = files.iter().map(|file| Given::file(file)).collect();
    insta::assert_snapshot!(super::mistakes::sentences(&mistakes));
    for (name, value) in [
        ("ATS_PAT_OIDC_CORP_SECRET", "s3cret"),
        ("ATS_PAT_OIDC_CORP_ISSUER_FILE", "/nowhere"),
        ("ATS_PAT_OIDC_ISSUER", "https://id.example.com"),
    ] {
        let sentence = Given::variable(name, value).sentence();
        assert!(sentence.contains("is no setting"), "{sentence}");
    }
}

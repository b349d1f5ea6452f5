//! Sign-in at an identity provider, through the real server and a provider over real HTTP.

mod company;
mod pages;
mod storm;
mod traces;

use ats_pat_test_support::provider::TOKEN;
use ats_pat_test_support::provider::jwt::{base64, rsa, sha256};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use self::company::{ACCESS_TOKEN, Browser, CLIENT, Company, location, now};
use crate::process::Folder;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_the_provider_and_comes_back_to_the_page() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    let page = browser
        .get(&company, "/signin?next=%2Fsettings%2Fsessions")
        .await;
    let page = page.text().await.unwrap();
    assert!(page.contains("Sign in with Contoso") && page.contains("Sign in with other"));
    let link = "/signin/corp?next=%2Fsettings%2Fsessions";
    assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
    // Nobody needs a set-up link where a group of a provider administers.
    assert!(
        !company
            .server
            .said
            .iter()
            .any(|line| line.contains("set-up"))
    );

    let begun = browser.begin(&company, link).await;
    assert_eq!(begun.query["code_challenge_method"], "S256");
    assert_eq!(browser.flows(), 1);
    company.answers(&begun, |_| {});
    let back = browser.come_back(&company, &begun).await;
    assert_eq!(
        (back.status(), location(&back)),
        (StatusCode::SEE_OTHER, "/settings/sessions")
    );
    assert_eq!(browser.flows(), 0);
    // The code was shown with the verifier of this sign-in.
    let shown = company.corp.received(TOKEN);
    let verifier = shown[0].form("code_verifier").unwrap();
    assert_eq!(base64(&sha256(&verifier)), begun.query["code_challenge"]);

    let user = browser.user(&company).await;
    assert_eq!(
        (&user["UserName"], &user["IsAdmin"]),
        (&json!("ada"), &json!(false))
    );
    let sessions = browser.get(&company, "/settings/sessions").await;
    assert!(sessions.text().await.unwrap().contains("with Contoso"));

    // The right of an administrator is the session's.
    let mut other = Browser::default();
    let admins = |claims: &mut Value| claims["groups"] = json!(["admins"]);
    other.sign_in(&company, admins).await;
    assert_eq!(other.user(&company).await["IsAdmin"], true);
    assert_eq!(
        other.get(&company, "/settings/users").await.status(),
        StatusCode::OK
    );
    // Other groups are other rights, so the first session is over.
    assert_eq!(browser.user(&company).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_in_its_browser_at_its_provider() {
    let company = Company::new("").await;
    let refused = async |browser: &mut Browser, path: String| {
        let response = browser.get(&company, &path).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        assert!(!browser.cookies.contains_key("ats_session"));
    };
    let mut browser = Browser::default();
    let begun = browser.begin(&company, "/signin/corp").await;
    company.answers(&begun, |_| {});
    let state = begun.query["state"].clone();
    let callback = format!("/signin/corp/callback?code=code&state={state}");
    // In another browser, at another provider, with another state, with a parameter twice.
    refused(&mut Browser::default(), callback.clone()).await;
    let mut twin = Browser {
        cookies: browser.cookies.clone(),
    };
    refused(&mut twin, callback.replace("/corp/", "/other/")).await;
    for other in [
        callback.replace(&state, &base64(&[0; 32])),
        callback.replace(&state, &format!("{}AAAA", &state[..39])),
        format!("{callback}&state={state}"),
        format!("{callback}&iss={}", company.other.issuer),
        callback.replace("code=code", ""),
    ] {
        let mut twin = Browser {
            cookies: browser.cookies.clone(),
        };
        refused(&mut twin, other).await;
    }
    // None of these asked a provider.
    assert!(company.corp.received(TOKEN).is_empty() && company.other.received(TOKEN).is_empty());
    let back = browser.get(&company, &callback).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    browser.cookies.remove("ats_session");
    refused(&mut browser, callback).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_to_another_site_and_a_browser_keeps_few_sign_ins() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    for next in [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "/signout",
    ] {
        let begun = browser
            .begin(&company, &format!("/signin/corp?next={next}"))
            .await;
        company.answers(&begun, |_| {});
        let back = browser.come_back(&company, &begun).await;
        assert_eq!(location(&back), "/", "{next}");
    }
    for _ in 0..12 {
        browser.begin(&company, "/signin/corp").await;
        assert!(browser.flows() <= 5);
    }
    assert_eq!(
        browser.get(&company, "/signin/nobody").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_gets_a_page_and_administrators_still_sign_in() {
    let company = Company::new("local-passwords = 'administrators'").await;
    company
        .corp
        .discovery(|document| document["issuer"] = json!("https://evil.example"));
    let mut browser = Browser::default();
    let response = browser.get(&company, "/signin/corp").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = response.text().await.unwrap();
    assert!(
        page.contains("Contoso can’t be reached") || page.contains("Contoso can&#39;t be reached"),
        "{page}"
    );
    let page = browser.get(&company, "/signin").await.text().await.unwrap();
    assert!(page.contains("name=\"password\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_ends_sign_ins_and_nobody_else_does() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    browser.sign_in(&company, |_| {}).await;
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let claims = json!({
        "iss": company.corp.issuer, "aud": CLIENT, "iat": now(), "exp": now() + 120,
        "jti": "1", "sid": "s1", "events": event,
    });
    let header = json!({"alg": "RS256", "kid": "rsa"});
    let forged = ats_pat_test_support::provider::jwt::other_rsa().token(&header, &claims);
    let genuine = rsa().token(&header, &claims);
    let client = Client::new();
    let post = async |provider: &str, body: String| {
        let path = format!("/signin/{provider}/back-channel-logout");
        let request = client
            .post(company.url(&path))
            // Programs have no browser's headers, and a foreign one changes nothing.
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let status = response.status();
        (status, response.text().await.unwrap())
    };
    for body in [
        String::new(),
        "logout_token=x".to_owned(),
        format!("logout_token={forged}"),
        format!("logout_token={genuine}&logout_token={genuine}"),
    ] {
        let (status, text) = post("corp", body).await;
        assert_eq!(
            (status, &*text),
            (StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#)
        );
    }
    let foreign = post("other", format!("logout_token={genuine}")).await;
    assert_eq!(foreign.0, StatusCode::BAD_REQUEST);
    let large = post("corp", format!("logout_token={}", "x".repeat(17 * 1024))).await;
    assert_eq!(large.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(browser.user(&company).await["UserName"], "ada");

    let ended = post("corp", format!("logout_token={genuine}")).await;
    assert_eq!(ended, (StatusCode::OK, String::new()));
    assert_eq!(browser.user(&company).await, Value::Null);
    let again = post("corp", format!("logout_token={genuine}")).await;
    assert_eq!(again.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_goes_on_to_the_provider() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    browser.sign_in(&company, |_| {}).await;
    let response = browser.post(&company, "/signout", "").await;
    assert_eq!(response.status(), StatusCode::OK);
    let refresh = response.headers()["refresh"].to_str().unwrap().to_owned();
    let expected = format!(
        "0; url={}/logout?client_id={CLIENT}&logout_hint=ada%40example.com",
        company.corp.issuer
    );
    assert_eq!(refresh, expected);
    assert!(!browser.cookies.contains_key("ats_session"));
    assert_eq!(browser.user(&company).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_needs_a_recent_sign_in_leads_to_the_provider() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    let old_admin = |claims: &mut Value| {
        claims["groups"] = json!(["admins"]);
        claims["auth_time"] = json!(now() - 3600);
    };
    browser.sign_in(&company, old_admin).await;
    let link = "/signin/corp?confirm&amp;next=%2Fsettings%2Fsessions";
    let page = browser
        .get(&company, "/settings/operator-keys/new")
        .await
        .text()
        .await
        .unwrap();
    assert!(
        page.contains(link) || page.contains(&link.replace("&amp;", "&#38;")),
        "{page}"
    );
    assert!(!page.contains("type=\"password\""));

    let begun = browser
        .begin(&company, "/signin/corp?confirm&next=%2Fsettings%2Fsessions")
        .await;
    assert_eq!(begun.query["prompt"], "login");
    assert!(begun.query.contains_key("max_age"));
    // A provider that doesn't ask again confirms nothing.
    company.answers(&begun, old_admin);
    let refused = browser.come_back(&company, &begun).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let begun = browser.begin(&company, "/signin/corp?confirm").await;
    company.answers(&begun, |claims| claims["groups"] = json!(["admins"]));
    let session = browser.cookies["ats_session"].clone();
    let back = browser.come_back(&company, &begun).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert_ne!(browser.cookies["ats_session"], session);
    let page = browser
        .get(&company, "/settings/operator-keys/new")
        .await
        .text()
        .await
        .unwrap();
    assert!(!page.contains("/signin/corp?confirm"));
    // Without a session there is nothing to confirm.
    let mut nobody = Browser::default();
    let response = nobody.get(&company, "/signin/corp?confirm").await;
    assert_eq!(location(&response), "/signin");
}

#[test]
fn a_provider_that_can_not_be_used_stops_the_start() {
    let folder = Folder::empty();
    let provider = |more: &str| {
        format!("[oidc.corp]\nissuer = 'https://id.example.com'\nclient-id = 'ats'\n{more}\n")
    };
    for (text, code, reason) in [
        (
            provider("signing-algorithms = ['HS256']"),
            1,
            "names \"HS256\"",
        ),
        (provider("scopes = 'email'"), 2, "lacks openid"),
        (
            "local-passwords = 'off'".to_owned(),
            2,
            "no identity provider",
        ),
    ] {
        std::fs::write(folder.path("ats.toml"), text).unwrap();
        let line = folder.refusal(code, &["--config", "ats.toml"], &[]);
        assert!(line.contains(reason), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_the_provider_answers_is_stored() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    let begun = browser.begin(&company, "/signin/corp").await;
    company.answers(&begun, |_| {});
    let answer = company.corp.answer_at(TOKEN).unwrap();
    browser.come_back(&company, &begun).await;
    assert_eq!(browser.user(&company).await["UserName"], "ada");
    let stored = company.stored();
    let is_stored = |text: &str| {
        let bytes = text.as_bytes();
        stored.windows(bytes.len()).any(|found| found == bytes)
    };
    // The name of the user is, so the files are those of the database.
    assert!(is_stored("Ada Lovelace"));
    let id_token = answer["id_token"].as_str().unwrap();
    for part in id_token.split('.').chain([ACCESS_TOKEN, "code=code"]) {
        assert!(!is_stored(part), "{part}");
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert!(!is_stored(&begun.query[name]), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_the_session_that_the_browser_had() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    browser.sign_in(&company, |_| {}).await;
    let mut before = browser.clone();
    browser.sign_in(&company, |_| {}).await;
    assert_ne!(
        browser.cookies["ats_session"],
        before.cookies["ats_session"]
    );
    assert_eq!(browser.user(&company).await["UserName"], "ada");
    assert_eq!(before.user(&company).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_set_up_link_until_groups_of_a_provider_administer() {
    let folder = Folder::empty();
    let provider = "[oidc.corp]\nissuer = 'http://127.0.0.1:9'\nclient-id = 'ats'\n";
    let has_link = |settings: &str| {
        std::fs::write(folder.path("ats.toml"), settings).unwrap();
        let server = folder.serve(&["--config", "ats.toml"]);
        let has_link = server.said.iter().any(|line| line.contains("set-up link"));
        server.kill();
        has_link
    };
    assert!(has_link(provider));
    let administered = format!("{provider}administrator-groups = ['admins']\n");
    assert!(!has_link(&administered));
}

/// The settings in every recipe for a provider.
#[test]
fn the_recipes_of_the_documentation_are_taken() {
    let document = include_str!("../../../../../docs/operation.md");
    let (_, recipes) = document
        .split_once("### Sign-in at an identity provider\n")
        .unwrap();
    let (recipes, _) = recipes.split_once("\n### ").unwrap();
    let blocks = recipes.split("```toml\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect();
    assert_eq!(blocks.len(), 5);
    for block in blocks {
        let folder = Folder::empty();
        std::fs::write(folder.path("ats.toml"), block).unwrap();
        let checked = folder
            .command(&["config", "check", "--config", "ats.toml"], &[])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success(), "{block}: {said}");
    }
}

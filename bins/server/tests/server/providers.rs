//! Sign-in at an identity provider, through the real server and a provider over real HTTP.

use std::collections::HashMap;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use ats_pat_test_support::provider::jwt::{base64, rsa, sha256};
use ats_pat_test_support::provider::{Hostile, TOKEN, USER_INFO};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::process::{Folder, Server};

const CLIENT: &str = "ats";

/// The server, and the providers `corp` and `other`.
struct Company {
    corp: Hostile,
    other: Hostile,
    server: Server,
    _folder: Folder,
}

impl Company {
    async fn new(settings: &str) -> Self {
        let (corp, other) = (Hostile::start().await, Hostile::start().await);
        let folder = Folder::empty();
        let text = format!(
            "{settings}\n[oidc.corp]\nissuer = '{}'\nclient-id = '{CLIENT}'\nlabel = 'Contoso'\n\
             administrator-groups = ['admins']\n\
             [oidc.other]\nissuer = '{}'\nclient-id = '{CLIENT}'\n",
            corp.issuer, other.issuer
        );
        std::fs::write(folder.path("ats.toml"), text).unwrap();
        let server = folder.serve(&["--config", "ats.toml"]);
        Self {
            corp,
            other,
            server,
            _folder: folder,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// What the provider answers to the code of this sign-in.
    fn answers(&self, begun: &Begun, edit: impl FnOnce(&mut Value)) {
        let mut claims = json!({
            "iss": self.corp.issuer, "sub": "1", "aud": CLIENT, "nonce": begun.query["nonce"],
            "iat": now(), "exp": now() + 300, "auth_time": now(), "sid": "s1",
            "preferred_username": "ada", "name": "Ada Lovelace", "email": "ada@example.com",
            "groups": ["builders"],
        });
        edit(&mut claims);
        let token = rsa().token(&json!({"alg": "RS256", "kid": "rsa"}), &claims);
        let answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": token});
        self.corp.json(TOKEN, answer);
        self.corp.json(USER_INFO, json!({"sub": claims["sub"]}));
    }
}

fn now() -> i64 {
    SystemClock.now().as_millis() / 1000
}

/// A browser that follows nothing by itself.
#[derive(Default)]
struct Browser {
    cookies: HashMap<String, String>,
}

/// A sign-in on its way.
struct Begun {
    query: HashMap<String, String>,
}

impl Browser {
    async fn get(&mut self, company: &Company, path: &str) -> Response {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let request = client.get(company.url(path)).header(COOKIE, self.header());
        let response = request.send().await.unwrap();
        self.keep(response.headers());
        response
    }

    async fn post(&mut self, company: &Company, path: &str, form: &str) -> Response {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let request = client
            .post(company.url(path))
            .header(COOKIE, self.header())
            .header("origin", company.url(""))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        let response = request.send().await.unwrap();
        self.keep(response.headers());
        response
    }

    fn header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"));
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn flows(&self) -> usize {
        let names = self.cookies.keys();
        names.filter(|name| name.starts_with("ats_oidc_")).count()
    }

    /// Goes to the provider.
    async fn begin(&mut self, company: &Company, path: &str) -> Begun {
        let response = self.get(company, path).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let address = response.headers()[LOCATION].to_str().unwrap();
        let (_, query) = address.split_once('?').unwrap();
        let query = query.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        Begun {
            query: query.collect(),
        }
    }

    /// Comes back from the provider.
    async fn come_back(&mut self, company: &Company, begun: &Begun) -> Response {
        let state = &begun.query["state"];
        let path = format!("/signin/corp/callback?code=code&state={state}");
        self.get(company, &path).await
    }

    async fn sign_in(&mut self, company: &Company, edit: impl FnOnce(&mut Value)) -> Response {
        let begun = self.begin(company, "/signin/corp").await;
        company.answers(&begun, edit);
        self.come_back(company, &begun).await
    }

    /// Who is signed in.
    async fn user(&mut self, company: &Company) -> Value {
        let response = self.get(company, "/api/session").await;
        let text = response.text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["Data"].clone()
    }
}

fn location(response: &Response) -> &str {
    response.headers()[LOCATION].to_str().unwrap()
}

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

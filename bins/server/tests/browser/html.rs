//! The HTML of every page, as the server sends it, checked against the standard.

use std::time::Duration;

use ats_pat_domain::group::Group;
use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{GroupPolicy, TokenId};
use ats_pat_service::PolicySource;
use ats_pat_test_support::browser::{Browser, BrowserOptions};
use ats_pat_test_support::html::faults;
use ats_pat_test_support::world::PASSWORD;
use serde_json::json;

use crate::person::{TOKENS, sign_in};
use crate::site::Site;

/// What the server sends for an address, or for a form that is posted to it.
const FETCH: &str = "
const [path, fields] = arguments;
const options = fields === null ? {} : { method: 'POST', body: new URLSearchParams(fields) };
return fetch(path, options).then((answer) => answer.text());
";

/// Pages of an administrator, at addresses that are always the same.
const ADDRESSES: &[(&str, &str)] = &[
    ("new-account", "/settings/users/new-service-account"),
    ("responsible", "/settings/users/responsible?user=deploy"),
    ("start", "/"),
    (
        "tokens-none-found",
        "/settings/personal-access-tokens?search=nothing",
    ),
    ("password", "/settings/password"),
    ("sessions", "/settings/sessions"),
    ("sessions-end", "/settings/sessions/end"),
    ("users", "/settings/users"),
    ("users-none-found", "/settings/users?search=nobody"),
    ("new-user", "/settings/users?add=yes&user_name=x"),
    ("user-disable", "/settings/users/disable?user=ada"),
    ("user-enable", "/settings/users/enable?user=eve"),
    ("user-password", "/settings/users/password?user=ada"),
    ("all-tokens", "/settings/all-tokens"),
    ("all-tokens-none-found", "/settings/all-tokens?owner=nobody"),
    ("all-tokens-filtered", "/settings/all-tokens?unused=9"),
    (
        "all-tokens-revoke-found",
        "/settings/all-tokens/revoke-found?owner=ada",
    ),
    ("audit", "/settings/audit"),
    ("audit-none-found", "/settings/audit?owner=nobody"),
    ("docs", "/docs"),
    ("docs-administration", "/docs/administration"),
    ("docs-users", "/docs/administration/users"),
    ("docs-types", "/docs/types"),
];

struct Pages<'a> {
    browser: &'a Browser,
    read: Vec<(String, String)>,
}

impl Pages<'_> {
    async fn get(&mut self, name: &str, path: &str) {
        self.add(name, vec![json!(path), json!(null)]).await;
    }

    async fn post(&mut self, name: &str, path: &str, fields: &[(&str, &str)]) {
        self.add(name, vec![json!(path), json!(fields)]).await;
    }

    async fn add(&mut self, name: &str, arguments: Vec<serde_json::Value>) {
        let html = self.browser.script(FETCH, arguments).await;
        let html = html.as_str().expect("a page").to_owned();
        assert!(html.starts_with("<!DOCTYPE html>"), "{name}: {html}");
        self.read.push((name.to_owned(), html));
    }

    /// The value of a hidden field of the page that was read last.
    fn value(&self, name: &str) -> String {
        let (_, html) = self.read.last().expect("a page");
        let (_, rest) = html
            .split_once(&format!("name=\"{name}\" value=\""))
            .expect("the field");
        let (value, _) = rest.split_once('"').expect("its end");
        value.to_owned()
    }
}

/// The pages on the way to a first token; gives its id.
async fn token_pages(site: &Site, pages: &mut Pages<'_>) -> TokenId {
    pages.get("no-tokens", TOKENS).await;
    let key = pages.value("form_key");
    let wrong = [
        ("form_key", key.as_str()),
        ("name", ""),
        ("expiration", "date"),
        ("last_day", "soon"),
        ("rights", "chosen"),
        ("networks", "home"),
    ];
    pages.post("new-token-wrong", TOKENS, &wrong).await;
    let key = pages.value("form_key");
    let new = [
        ("form_key", key.as_str()),
        ("name", "ci"),
        ("description", "nightly"),
        ("expiration", "30"),
        ("scopes", "orders:read"),
        ("networks", "10.0.0.0/8"),
    ];
    pages.post("issued", TOKENS, &new).await;
    pages.post("created-before", TOKENS, &new).await;
    pages
        .get("new-token", &format!("{TOKENS}/new?name=x&days=9999"))
        .await;
    pages.get("tokens", TOKENS).await;
    let by = site.world.sign_in("root").await;
    let query = TokenQuery::of(None);
    let listed = site.world.service.list_tokens(&by, query).await;
    listed.expect("the list").items[0].id
}

/// The form for a user, with a mistake too, and the questions before the user is erased and the
/// user's tokens are revoked.
async fn user_pages(site: &Site, pages: &mut Pages<'_>) {
    let users = site.world.service.operator().users().await;
    let users = users.expect("the list");
    let mut users = users.iter();
    let ada = users.find(|user| user.user_name == "ada").expect("ada");
    let path = format!("/settings/users/{}", ada.id);
    pages.get("user-edit", &format!("{path}/edit")).await;
    let wrong = [("user_name", ""), ("email", "home")];
    pages
        .post("user-edit-wrong", &format!("{path}/edit"), &wrong)
        .await;
    pages.get("user-erase", &format!("{path}/erase")).await;
    let revoke = "/settings/users/revoke-tokens?user=ada";
    pages.get("user-revoke-tokens", revoke).await;
}

/// The form for an operator key with mistakes, a new key, the list, and the question before it is
/// revoked.
async fn operator_key_pages(site: &Site, pages: &mut Pages<'_>) {
    const KEYS: &str = "/settings/operator-keys";
    pages.get("operator-keys-none", KEYS).await;
    let wrong = [("expiration", "date"), ("networks", "home")];
    pages.post("operator-key-wrong", KEYS, &wrong).await;
    let key = pages.value("form_key");
    let new = [
        ("form_key", key.as_str()),
        ("name", "SIEM"),
        ("rights", "audit"),
        ("expiration", "30"),
        ("networks", "10.0.0.0/8"),
    ];
    pages.post("operator-key-issued", KEYS, &new).await;
    pages.post("operator-key-made-before", KEYS, &new).await;
    pages.get("operator-keys", KEYS).await;
    let keys = site.world.service.operator().operator_keys().await;
    let id = keys.expect("the list")[0].id;
    pages
        .get("operator-key-revoke", &format!("{KEYS}/{id}/revoke"))
        .await;
}

/// The form for the policy, with groups and with mistakes, and what the policy would do.
async fn policy_pages(pages: &mut Pages<'_>) {
    const POLICY: &str = "/settings/policy";
    pages.get("policy", POLICY).await;
    let numbers = [
        "MaxLifetimeDays",
        "DefaultLifetimeDays",
        "MaxActiveTokens",
        "MaxOverlapHours",
        "RevokeUnusedAfterDays",
        "RecentSignInMinutes",
    ];
    let mut fields = numbers.map(|name| (name, "1")).to_vec();
    let version = pages.value("Version");
    fields.extend([
        ("Version", version.as_str()),
        ("MayCreate", "Everyone"),
        ("AllScopeAllowed", "true"),
        ("SelfRegenerateAllowed", "true"),
        ("Scopes", "orders:read Read orders\nb"),
        ("Groups[0].Group", "corp/builders"),
        ("Groups[0].Scopes.Empty", "yes"),
    ]);
    let adds = [&fields[..], &[("act", "add")]].concat();
    pages.post("policy-groups", POLICY, &adds).await;
    let wrong = [&fields[..], &[("Groups[1].Group", "")]].concat();
    pages.post("policy-wrong", POLICY, &wrong).await;
    pages.post("policy-question", POLICY, &fields).await;
    let outdated = [&fields[..], &[("Version", "1")]].concat();
    pages.post("policy-outdated", POLICY, &outdated).await;
}

/// The forms that need a recent sign-in, once it is too old: as they are shown, and as they come
/// back.
async fn pages_that_ask_for_the_password(site: &Site, pages: &mut Pages<'_>, id: TokenId) {
    site.world.clock.advance(Duration::from_mins(16));
    let password = "/settings/users/password";
    pages.get("late-tokens", TOKENS).await;
    pages.get("late-token", &format!("{TOKENS}/{id}")).await;
    pages.get("late-user", "/settings/users?add=yes").await;
    pages
        .get("late-operator-key", "/settings/operator-keys/new")
        .await;
    let of_ada = format!("{password}?user=ada");
    pages.get("late-password", &of_ada).await;
    let wrong = [("your_password", "wrong"), ("user_name", "ada")];
    let regenerate = format!("{TOKENS}/{id}/regenerate");
    for (name, path) in [
        ("late-tokens-wrong", TOKENS),
        ("late-token-wrong", &regenerate),
        ("late-user-wrong", "/settings/users"),
        ("late-password-wrong", password),
        ("late-operator-key-wrong", "/settings/operator-keys"),
    ] {
        pages.post(name, path, &wrong).await;
        let (_, html) = pages.read.last().expect("a page");
        assert!(html.contains("This is not your password."), "{name}");
    }
}

#[tokio::test]
async fn every_page_is_valid_html() {
    let site = Site::start(|settings| {
        settings.policy_source = PolicySource::Database;
        settings.policy.base.recent_sign_in_minutes = 15;
        settings.policy.base.scopes =
            vec![Scope::new("orders:read", "Read orders").expect("a scope")];
    })
    .await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url("/setup")).await;
    let mut pages = Pages {
        browser: &browser,
        read: Vec::new(),
    };
    pages.get("set-up", "/setup").await;
    let wrong = [("code", "x"), ("user_name", ""), ("password", "a")];
    pages.post("set-up-wrong", "/setup", &wrong).await;
    pages.get("not-set-up", "/signin").await;
    site.add_people().await;
    pages.get("set-up-already", "/setup").await;
    pages.get("sign-in", "/signin").await;
    let wrong = [("user_name", "root"), ("password", "wrong")];
    pages.post("sign-in-wrong", "/signin", &wrong).await;
    pages.get("docs-for-anybody", "/docs").await;
    pages.get("not-found", "/nowhere").await;

    browser.goto(&site.url(TOKENS)).await;
    sign_in(&browser, "root").await;
    browser.wait_for_path(TOKENS).await;
    let id = token_pages(&site, &mut pages).await;
    let account = site.world.add_service_account("deploy", "root").await.id;
    for (name, path) in [
        ("service-accounts", "/settings/service-accounts"),
        (
            "account-tokens",
            &format!("/settings/service-accounts/{account}/tokens"),
        ),
        ("token-details", &format!("{TOKENS}/{id}")),
        ("token-edit", &format!("{TOKENS}/{id}/edit")),
        ("token-regenerate", &format!("{TOKENS}/{id}/regenerate")),
        ("token-revoke", &format!("{TOKENS}/{id}/revoke")),
        (
            "any-token-revoke",
            &format!("/settings/all-tokens/{id}/revoke"),
        ),
        ("any-token-details", &format!("/settings/all-tokens/{id}")),
    ] {
        pages.get(name, path).await;
    }
    for (name, path) in ADDRESSES {
        pages.get(name, path).await;
    }
    let wrong = [("user_name", ""), ("responsible", "nobody")];
    pages
        .post(
            "new-account-wrong",
            "/settings/users/new-service-account",
            &wrong,
        )
        .await;
    let wrong = [("name", ""), ("last_day", "soon")];
    let edit = format!("{TOKENS}/{id}/edit");
    pages.post("token-edit-wrong", &edit, &wrong).await;
    let wrong = [
        ("current_password", "x"),
        ("password", "a"),
        ("password_repeat", "b"),
    ];
    pages
        .post("password-wrong", "/settings/password", &wrong)
        .await;
    let wrong = [
        ("user_name", "root"),
        ("password", PASSWORD),
        ("password_repeat", PASSWORD),
    ];
    pages
        .post("new-user-wrong", "/settings/users", &wrong)
        .await;
    let wrong = [
        ("user_name", "ada"),
        ("password", "a"),
        ("password_repeat", "a"),
    ];
    pages
        .post("user-password-wrong", "/settings/users/password", &wrong)
        .await;
    policy_pages(&mut pages).await;
    operator_key_pages(&site, &mut pages).await;
    user_pages(&site, &mut pages).await;
    pages_that_ask_for_the_password(&site, &mut pages, id).await;
    let faults = faults(&pages.read);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn the_policy_of_the_settings_is_valid_html() {
    let site = Site::start(|settings| {
        let group = Group::new("corp/builders").expect("a group");
        settings.policy.groups = vec![GroupPolicy {
            required_networks: Some(Vec::new()),
            ..GroupPolicy::of(group)
        }];
    })
    .await;
    site.add_people().await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(TOKENS)).await;
    sign_in(&browser, "root").await;
    browser.wait_for_path(TOKENS).await;
    let mut pages = Pages {
        browser: &browser,
        read: Vec::new(),
    };
    pages.get("policy-shown", "/settings/policy").await;
    let faults = faults(&pages.read);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_fault_of_the_html_is_found() {
    let page = |body: &str| {
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><title>x</title></head><body>{body}</body></html>"
        );
        ("page".to_owned(), html)
    };
    // The one is seen by the Nu Html Checker, the other by html-validate.
    for fault in ["<p><div>x</div></p>", "<button>x</button>"] {
        let found = faults(&[page(fault)]);
        assert!(!found.is_empty(), "{fault}");
    }
    let found = faults(&[page("<p>x</p>")]);
    assert_eq!(found, [""; 0]);
}

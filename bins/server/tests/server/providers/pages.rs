//! What the pages say to people of a provider, and of them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::company::{Browser, Company};

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_provider_have_no_password_to_change() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    browser.sign_in(&company, |_| {}).await;
    let page = browser.get(&company, "/settings/sessions").await;
    let page = page.text().await.unwrap();
    assert!(!page.contains("/settings/password"), "{page}");
    // By which provider the session began, and when.
    assert!(page.contains("<span class=\"sub\">with Contoso</span>"));
    assert!(page.contains("just now"), "{page}");
    let shown = browser.get(&company, "/settings/password").await;
    assert_eq!(shown.status(), StatusCode::NOT_FOUND);
    let form = "current_password=x&password=plum-velvet-orbit-92&\
                password_repeat=plum-velvet-orbit-92";
    let sent = browser.post(&company, "/settings/password", form).await;
    assert_eq!(sent.status(), StatusCode::NOT_FOUND);
    // An administrator can't give such a user one either.
    let mut administrator = Browser::default();
    let admins = |claims: &mut Value| {
        claims["sub"] = json!("2");
        claims["preferred_username"] = json!("root");
        claims["groups"] = json!(["admins"]);
    };
    administrator.sign_in(&company, admins).await;
    let form = "user_name=ada&password=plum-velvet-orbit-92&password_repeat=plum-velvet-orbit-92";
    let sent = administrator
        .post(&company, "/settings/users/password", form)
        .await;
    assert_eq!(sent.status(), StatusCode::CONFLICT);
    let page = sent.text().await.unwrap();
    let why = "ada signs in at an identity provider, and so has no password here.";
    assert!(page.contains(why), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_kept_goes_on_after_a_sign_in_at_the_provider_and_not_before() {
    let company = Company::new("").await;
    let mut browser = Browser::default();
    browser.sign_in(&company, |_| {}).await;
    browser.cookies.remove("ats_session");
    let tokens = "/settings/personal-access-tokens";
    let typed = "name=nightly+build&description=for+the+line&expiration=90";
    let kept = browser.post(&company, tokens, typed).await;
    assert_eq!(kept.status(), StatusCode::UNAUTHORIZED);
    let page = kept.text().await.unwrap();
    // In a new tab, because only this page has what was typed.
    assert!(
        page.contains("target=\"_blank\" rel=\"noopener\""),
        "{page}"
    );
    assert!(page.contains("href=\"/signin/corp?next=%2Fsettings%2Fsessions\""));
    let [kept, next] = ["kept", "next"].map(|name| field(&page, name));
    let go_on = format!("go_on=yes&next={next}&kept={kept}");

    let too_early = browser.post(&company, "/signin", &go_on).await;
    assert_eq!(too_early.status(), StatusCode::UNAUTHORIZED);
    let page = too_early.text().await.unwrap();
    assert!(page.contains("You are not signed in yet."), "{page}");
    assert!(page.contains("nightly"), "{page}");

    browser.sign_in(&company, |_| {}).await;
    let page = browser.post(&company, "/signin", &go_on).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("value=\"nightly build\""), "{page}");
    assert!(page.contains("for the line"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_users_says_which_parties_disabled_somebody() {
    let company = Company::with("", "allowed-groups = ['builders', 'admins']").await;
    let mut ada = Browser::default();
    ada.sign_in(&company, |_| {}).await;
    let mut administrator = Browser::default();
    let admins = |claims: &mut Value| {
        claims["sub"] = json!("2");
        claims["preferred_username"] = json!("root");
        claims["groups"] = json!(["admins"]);
    };
    administrator.sign_in(&company, admins).await;
    let users = async |administrator: &mut Browser| {
        let page = administrator.get(&company, "/settings/users").await;
        page.text().await.unwrap()
    };
    assert!(!users(&mut administrator).await.contains("Disabled by"));

    let gone = |claims: &mut Value| claims["groups"] = json!(["guests"]);
    let refused = ada.sign_in(&company, gone).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = users(&mut administrator).await;
    let by_provider = "<span class=\"badge revoked\">Disabled by the identity provider</span>";
    assert!(page.contains(by_provider), "{page}");

    let disabled = administrator
        .post(&company, "/settings/users/disable", "user_name=ada")
        .await;
    assert_eq!(disabled.status(), StatusCode::SEE_OTHER);
    let page = users(&mut administrator).await;
    let by_both =
        "<span class=\"badge revoked\">Disabled by an administrator, the identity provider</span>";
    assert!(page.contains(by_both), "{page}");

    // The provider takes back only what it said itself.
    let again = ada.sign_in(&company, |_| {}).await;
    assert_eq!(again.status(), StatusCode::FORBIDDEN);
    let page = users(&mut administrator).await;
    assert!(page.contains("Disabled by an administrator, the identity provider"));
    let enabled = administrator
        .post(&company, "/settings/users/enable", "user_name=ada")
        .await;
    assert_eq!(enabled.status(), StatusCode::SEE_OTHER);
    assert!(users(&mut administrator).await.contains(by_provider));
    let back = ada.sign_in(&company, |_| {}).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert!(!users(&mut administrator).await.contains("Disabled by"));
}

/// The value of a hidden field of the page, as it is sent in a form.
fn field(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, value) = page.split_once(&field).unwrap();
    let (value, _) = value.split_once('"').unwrap();
    let value = value.replace("&#38;", "&");
    let url = reqwest::Url::parse_with_params("http://x/", [("v", value)]).unwrap();
    url.query().unwrap()[2..].to_owned()
}

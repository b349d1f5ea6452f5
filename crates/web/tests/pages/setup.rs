//! The first administrator.

use ats_pat_test_support::world::{ADDRESS, PASSWORD};
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use secrecy::ExposeSecret;

use crate::fixture::{Browser, Page, Site, form};

async fn code(site: &Site) -> String {
    let link = site.world.service.make_setup_link().await.unwrap();
    link.unwrap().expose_secret().to_owned()
}

fn fields<'a>(code: &'a str, user_name: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("code", code),
        ("user_name", user_name),
        ("password", password),
        ("password_repeat", password),
    ]
}

async fn set_up(browser: &mut Browser, code: &str, user_name: &str) -> Page {
    browser
        .post("/setup", &fields(code, user_name, PASSWORD))
        .await
}

#[tokio::test]
async fn the_link_makes_one_administrator_and_then_is_void() {
    let site = Site::start().await;
    let code = code(&site).await;
    let mut browser = site.browser();
    let done = set_up(&mut browser, &code, "Ada <b>").await;
    assert_eq!(done.status, 200);
    assert!(
        done.text.contains("role=\"status\"") && done.text.contains("Ada &#60;b&#62;"),
        "{}",
        done.text
    );
    assert!(done.text.contains("href=\"/signin\""), "{}", done.text);
    assert!(
        !done.text.contains(PASSWORD) && !done.text.contains(&code),
        "{}",
        done.text
    );
    let user = site
        .world
        .service
        .sign_in("ada <b>", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap()
        .user;
    assert!(user.is_admin);
    let again = set_up(&mut browser, &code, "eve").await;
    assert_eq!(again.status, 403);
    assert!(
        again
            .error_at("code")
            .starts_with("The set-up link is not valid")
    );
    assert_eq!(again.value("code"), code);
    let next = site.world.service.make_setup_link().await.unwrap();
    assert!(next.is_none());
    let page = browser.get("/setup").await;
    assert!(page.text.contains("Set up already") && !page.text.contains("<form"));
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_user_name_kept() {
    let site = Site::start().await;
    let code = code(&site).await;
    let mut browser = site.browser();
    for (user_name, password, repeated, field, error) in [
        ("ada", "brief", "brief", "password", "too short"),
        (
            "ada",
            "password1234",
            "password1234",
            "password",
            "easy to guess",
        ),
        (
            "ada",
            PASSWORD,
            "plum-velvet-orbit-92",
            "password_repeat",
            "not the same",
        ),
        ("", PASSWORD, PASSWORD, "user_name", "Enter a user name"),
    ] {
        let fields = [
            ("code", code.as_str()),
            ("user_name", user_name),
            ("password", password),
            ("password_repeat", repeated),
        ];
        let answer = browser.post("/setup", &fields).await;
        assert_eq!(answer.status, 400, "{error}");
        let said = answer.error_at(field);
        assert!(said.contains(error), "{said}");
        assert_eq!(answer.value("user_name"), user_name);
        assert!(!answer.text.contains(password), "{}", answer.text);
    }
    assert_eq!(set_up(&mut browser, &code, "ada").await.status, 200);
}

#[tokio::test]
async fn a_form_from_elsewhere_sets_nobody_up() {
    let site = Site::start().await;
    let code = code(&site).await;
    let browser = site.browser();
    let post = || {
        browser
            .request("POST", "/setup")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(&fields(&code, "eve", PASSWORD)))
    };
    for request in [
        post(),
        post().header(ORIGIN, "https://evil.example"),
        post().header(ORIGIN, "null"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
    let next = site.world.service.make_setup_link().await.unwrap();
    assert!(next.is_some());
}

#[tokio::test]
async fn a_fresh_install_says_how_to_be_set_up_and_offers_no_sign_in() {
    let site = Site::start().await;
    let mut browser = site.browser();
    assert_eq!(browser.get("/").await.leads_to(), "/signin");
    let page = browser.get("/signin").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("type=\"password\""), "{}", page.text);
    assert!(page.text.contains("set-up link"), "{}", page.text);
    assert!(
        page.text.contains("ats-pat-admin user add"),
        "{}",
        page.text
    );
    // Whoever the operator's tool added can sign in, an administrator or not.
    site.world.add_user("ada").await;
    let page = browser.get("/signin").await;
    assert!(page.text.contains("type=\"password\""), "{}", page.text);
}

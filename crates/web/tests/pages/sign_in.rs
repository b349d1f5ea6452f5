//! Signing in and out.

use ats_pat_test_support::world::{DAY, PASSWORD};
use reqwest::header::{SET_COOKIE, WWW_AUTHENTICATE};

use crate::fixture::{Site, TOKENS};

const SESSION: &str = "__Host-ats_session";

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_sign_in_and_back() {
    let site = Site::start().await;
    site.world.add_user("ada").await;
    let mut browser = site.browser();
    for (path, sign_in) in [
        ("/", "/signin"),
        ("/settings/sessions", "/signin?next=%2Fsettings%2Fsessions"),
        (
            "/settings/personal-access-tokens/new?name=a+b&days=7",
            "/signin?next=%2Fsettings%2Fpersonal-access-tokens%2Fnew%3Fname%3Da%2Bb%26days%3D7",
        ),
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.leads_to()), (303, sign_in), "{path}");
        let form = browser.get(sign_in).await;
        assert_eq!(form.status, 200);
        let next = form.value("next").replace("&#38;", "&");
        assert_eq!(next, path);
        let signed_in = browser.sign_in("ada", PASSWORD, &next).await;
        assert_eq!((signed_in.status, signed_in.leads_to()), (303, path));
        browser.post("/signout", &[]).await;
    }
}

#[tokio::test]
async fn settings_open_on_the_tokens() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let answer = browser.get("/settings").await;
    assert_eq!((answer.status, answer.leads_to()), (303, TOKENS));
    let page = browser.get(TOKENS).await;
    assert!(
        page.text
            .contains("aria-current=\"page\">Personal Access Token</a>"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_wrong_sign_in_says_the_same_for_everybody() {
    let site = Site::start().await;
    site.world.add_user("ada").await;
    let mut browser = site.browser();
    for (name, password) in [
        ("ada", "wrong-horse-1"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
    ] {
        let answer = browser.sign_in(name, password, "/settings").await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.status);
        assert_eq!(
            answer.says("alert"),
            "The user name or the password is wrong."
        );
        assert_eq!(answer.value("user_name"), name);
        assert_eq!(answer.value("next"), "/settings");
        assert!(!answer.text.contains(password));
        assert!(answer.headers.get(SET_COOKIE).is_none());
        if answer.status == 401 {
            assert_eq!(answer.headers[WWW_AUTHENTICATE], "Session");
        }
    }
    let empty = browser.sign_in("ada", "", "/").await;
    assert_eq!(
        (empty.status, empty.says("alert")),
        (400, "Enter your password.")
    );
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let site = Site::start().await;
    site.world.add_user("ada").await;
    let long = format!("/settings?{}", "x".repeat(30_000));
    for next in [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "https:evil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/settings/..//evil.example",
        "javascript:alert(1)",
        "/signout",
        long.as_str(),
    ] {
        let mut browser = site.browser();
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let form = browser.get(&format!("/signin?next={query}")).await;
        assert_eq!(form.value("next"), "/", "{next}");
        let answer = browser.sign_in("ada", PASSWORD, next).await;
        assert_eq!((answer.status, answer.leads_to()), (303, "/"), "{next}");
        let again = browser.get(&format!("/signin?next={query}")).await;
        assert_eq!((again.status, again.leads_to()), (303, "/"), "{next}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let stolen = browser.cookie(SESSION).unwrap().to_owned();
    let page = browser.post_and_follow("/signout", &[]).await;
    assert_eq!(page.says("status"), "You are signed out.");
    assert_eq!(browser.cookie(SESSION), None);
    assert_eq!(browser.get("/signin").await.says("status"), "", "said once");
    browser.set_cookie(SESSION, &stolen);
    assert_eq!(browser.get("/settings").await.status, 303);
    assert_eq!(
        browser.get(TOKENS).await.leads_to(),
        format!("/signin?next={}", TOKENS.replace('/', "%2F"))
    );
}

#[tokio::test]
async fn each_sign_in_is_a_new_session_and_ends_the_one_before_in_this_browser() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let first = browser.cookie(SESSION).unwrap().to_owned();
    browser.sign_in("ada", PASSWORD, "/").await;
    assert_ne!(browser.cookie(SESSION), Some(first.as_str()));
    let mut other = site.browser();
    other.set_cookie(SESSION, &first);
    assert_eq!(other.get("/").await.status, 303);
}

#[tokio::test]
async fn a_form_that_comes_after_the_session_is_kept_over_signing_in() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let key = browser.get(TOKENS).await.value("form_key").to_owned();
    site.world.clock.advance(DAY);
    let fields = [
        ("form_key", key.as_str()),
        ("name", "größe & co"),
        ("description", "two\r\nlines"),
        ("expiration", "90"),
        ("last_day", ""),
        ("scopes", "orders:read"),
        ("networks", "10.0.0.0/8"),
    ];
    let sign_in = browser.post(TOKENS, &fields).await;
    assert_eq!(sign_in.status, 401);
    assert!(sign_in.says("status").contains("Your entries are kept"));
    let kept = sign_in.value("kept").replace("&#38;", "&");
    let wrong = [("user_name", "ada"), ("password", "x"), ("kept", &kept)];
    let again = browser.post("/signin", &wrong).await;
    assert_eq!(again.value("kept").replace("&#38;", "&"), kept);
    let right = [
        ("user_name", "ada"),
        ("password", PASSWORD),
        ("kept", &kept),
    ];
    let form = browser.post("/signin", &right).await;
    assert_eq!(form.status, 200);
    assert!(form.text.contains("Your entries are here again."));
    assert_eq!(form.value("name"), "größe &#38; co");
    assert!(
        form.text.contains(">two\r\nlines</textarea>")
            || form.text.contains(">two\nlines</textarea>")
    );
    assert!(form.text.contains("<option value=\"90\" selected"));
    assert!(form.text.contains("value=\"orders:read\" checked"));
    assert!(form.text.contains(">10.0.0.0/8</textarea>"));
    let listed = browser.get(TOKENS).await;
    assert!(listed.text.contains("No tokens yet"), "nothing was made");
}

#[tokio::test]
async fn a_twin_of_the_session_cookie_neither_keeps_out_nor_loops() {
    let site = Site::start().await;
    site.world.add_user("ada").await;
    let mut browser = site.browser();
    // Another path or a parent domain has a cookie of the name, which the browser sends beside
    // ours.
    browser.set_twin(SESSION, "somebody-else-s");
    let signed_in = browser.sign_in("ada", PASSWORD, "/settings").await;
    assert_eq!((signed_in.status, signed_in.leads_to()), (303, "/settings"));
    assert_eq!(browser.get(TOKENS).await.status, 200);
    let again = browser.get("/signin").await;
    assert_eq!((again.status, again.leads_to()), (303, "/"));

    // Where the twin is another user's session, nobody can tell which is meant: the form says so.
    let other = site.signed_in("eve").await;
    browser.set_twin(SESSION, other.cookie(SESSION).unwrap());
    let led = browser.get(TOKENS).await;
    assert_eq!(led.status, 303);
    let form = browser.get("/signin").await;
    assert_eq!(form.status, 200);
    let says = form.says("alert");
    assert!(says.contains("delete the cookies"), "{says}");
}

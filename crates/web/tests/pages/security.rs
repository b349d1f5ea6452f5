//! What no page does, and what every page sends.

use ats_pat_test_support::world::{DAY, ISSUER, PASSWORD};
use reqwest::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use crate::fixture::{Site, TOKENS, form};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn every_page_is_strict() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    for (path, status) in [
        ("/", 200),
        (TOKENS, 200),
        ("/settings/personal-access-tokens/new?name=x", 200),
        ("/settings/password", 200),
        ("/settings/sessions", 200),
        ("/settings/sessions/end", 200),
        ("/settings/service-accounts", 200),
        ("/settings/service-accounts/x/tokens", 404),
        ("/settings/users", 200),
        ("/settings/users/new-service-account", 200),
        ("/settings/users/responsible?user=deploy", 200),
        ("/settings/users/revoke-tokens?user=deploy", 200),
        ("/settings/users/x/edit", 404),
        ("/settings/users/x/erase", 404),
        ("/settings/all-tokens", 200),
        ("/settings/operator-keys", 200),
        ("/settings/operator-keys/new", 200),
        ("/settings/policy", 200),
        ("/settings/audit", 200),
        ("/setup", 200),
        ("/signin", 303),
        ("/nowhere", 404),
        ("/settings/", 404),
        ("/assets/nothing.css", 404),
    ] {
        let page = root.get(path).await;
        assert_eq!(page.status, status, "{path}");
        let policy = page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(
            policy.contains("form-action 'self'") && policy.contains("base-uri 'none'"),
            "{path}"
        );
        assert_eq!(page.headers[REFERRER_POLICY], "same-origin", "{path}");
        assert_eq!(page.headers[CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(page.headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(
            page.headers[STRICT_TRANSPORT_SECURITY], "max-age=31536000",
            "{path}"
        );
        for inline in [
            "<style",
            "style=",
            " onclick",
            "<script>",
            "http://",
            "javascript:",
        ] {
            assert!(!page.text.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn fields_say_their_type_and_forms_can_be_sent() {
    let site = Site::start().await;
    let signed_out = site.browser().get("/signin").await;
    let mut root = site.administrator("root").await;
    let mut pages = vec![signed_out];
    for path in [
        TOKENS,
        "/settings/personal-access-tokens/new?name=x",
        "/settings/password",
        "/settings/sessions",
        "/settings/users?add=yes",
        "/settings/users/password?user=root",
        "/settings/users/new-service-account",
        "/settings/users/responsible?user=deploy",
        "/settings/all-tokens",
        "/settings/operator-keys",
        "/settings/policy",
        "/settings/audit",
        "/setup",
        "/docs",
        "/docs/administration",
        "/docs/administration/users",
    ] {
        pages.push(root.get(path).await);
    }
    for page in pages {
        for input in page.text.split("<input ").skip(1) {
            let input = input.split('>').next().unwrap();
            assert!(input.contains("type=\""), "{input}");
        }
        for form in page.text.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("type=\"submit\""), "{form}");
        }
        assert!(
            !page.text.contains("\"></option>"),
            "an option says nothing"
        );
    }
}

/// Chromium before 123 has no `light-dark()`, and a custom property takes anything, so a plain
/// colour before it would never be used.
#[tokio::test]
async fn styles_have_colours_for_browsers_without_light_dark() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let page = root.get("/docs").await;
    let mut seen = 0;
    for part in page.text.split("\"/assets/").skip(1) {
        let (name, _) = part.split_once('"').unwrap();
        if name.contains(".css") {
            let styles = root.get(&format!("/assets/{name}")).await.text;
            assert!(!styles.contains("light-dark("), "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn files_are_kept_by_their_version() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let page = browser.get("/signin").await;
    let mut seen = 0;
    for part in page.text.split("\"/assets/").skip(1) {
        let (name, _) = part.split_once('"').unwrap();
        let file = browser.get(&format!("/assets/{name}")).await;
        assert_eq!(file.status, 200, "{name}");
        assert_eq!(
            file.headers[CACHE_CONTROL], "public, max-age=31536000, immutable",
            "{name}"
        );
        let plain = name.split_once('?').unwrap().0;
        let file = browser.get(&format!("/assets/{plain}")).await;
        assert_eq!(file.headers[CACHE_CONTROL], "no-cache", "{plain}");
        let content_type = file.headers[CONTENT_TYPE].to_str().unwrap();
        let expected = match plain.rsplit_once('.').unwrap().1 {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(content_type, expected);
        seen += 1;
    }
    assert!(seen >= 4, "{}", page.text);
}

#[tokio::test]
async fn methods_that_a_page_does_not_take_are_named() {
    let site = Site::start().await;
    let browser = site.browser();
    for (method, path, allow) in [
        ("DELETE", "/setup", "GET, HEAD, POST"),
        ("POST", "/", "GET, HEAD"),
        ("PUT", TOKENS, "GET, HEAD, POST"),
        ("POST", "/assets/site.css", "GET, HEAD"),
    ] {
        let answer = browser.request(method, path).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{method} {path}");
        assert_eq!(answer.headers()[ALLOW], allow, "{method} {path}");
    }
    let head = browser.request("HEAD", "/signin").send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), head.text().await.unwrap().as_str()),
        (200, "")
    );
}

#[tokio::test]
async fn forms_from_elsewhere_change_nothing() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let by = site.world.sign_in("root").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    let revoke = format!("{TOKENS}/{}/revoke", issued.token.id);
    let regenerate = format!("{TOKENS}/{}/regenerate", issued.token.id);
    let key = root.get(TOKENS).await.value("form_key").to_owned();
    let before = site.events().await;
    for (path, fields) in [
        (
            TOKENS,
            &[
                ("form_key", key.as_str()),
                ("name", "x"),
                ("expiration", "7"),
            ][..],
        ),
        (revoke.as_str(), &[]),
        (regenerate.as_str(), &[("generation", "1")]),
        (
            "/settings/password",
            &[
                ("current_password", PASSWORD),
                ("password", "copper-lantern-river-17"),
                ("password_repeat", "copper-lantern-river-17"),
            ],
        ),
        ("/settings/sessions/end", &[]),
        (
            "/settings/users",
            &[
                ("user_name", "eve"),
                ("password", PASSWORD),
                ("password_repeat", PASSWORD),
            ],
        ),
        ("/settings/users/disable", &[("user_name", "root")]),
        (
            "/settings/operator-keys",
            &[
                ("form_key", key.as_str()),
                ("name", "x"),
                ("rights", "audit"),
                ("expiration", "7"),
            ],
        ),
        ("/signin", &[("user_name", "root"), ("password", PASSWORD)]),
        ("/signout", &[]),
    ] {
        let post = || {
            root.request("POST", path)
                .header(CONTENT_TYPE, FORM)
                .body(form(fields))
        };
        for request in [
            post(),
            post().header(ORIGIN, "https://evil.example"),
            post().header(ORIGIN, "null"),
            post()
                .header(ORIGIN, ISSUER)
                .header("sec-fetch-site", "cross-site"),
            post()
                .header(ORIGIN, ISSUER)
                .header("sec-fetch-site", "same-site"),
            post().header("sec-fetch-site", "cross-site"),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path}");
        }
        let text = root
            .request("POST", path)
            .header(ORIGIN, ISSUER)
            .header(CONTENT_TYPE, "text/plain");
        assert_eq!(
            text.body(form(fields)).send().await.unwrap().status(),
            415,
            "{path}"
        );
        let large = root
            .request("POST", path)
            .header(ORIGIN, ISSUER)
            .body("x".repeat(65_537));
        assert_eq!(large.send().await.unwrap().status(), 413, "{path}");
    }
    let after = site.events().await;
    assert_eq!(before, after);
    assert_eq!(root.get("/").await.status, 200, "still signed in");
}

#[tokio::test]
async fn who_came_by_another_name_of_the_server_is_told_the_right_one() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let request = browser
        .request("POST", "/signin")
        .header(CONTENT_TYPE, FORM)
        .header(ORIGIN, "http://localhost:8080")
        .header("sec-fetch-site", "same-origin")
        .body("user_name=a&password=b");
    let page = browser.send(request).await;
    assert_eq!(page.status, 403);
    assert!(
        page.text.contains(&format!("<a href=\"{ISSUER}\">")),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_forged_host_stands_in_no_answer() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let by = site.world.sign_in("root").await;
    site.world.create(&by, "ci", DAY).await.unwrap();
    for path in [
        "/",
        TOKENS,
        "/settings",
        "/settings/users",
        "/signin",
        "/nowhere",
    ] {
        let request = root
            .request("GET", path)
            .header(HOST, "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example");
        let page = root.send(request).await;
        assert!(!page.text.contains("evil.example"), "{path}");
        assert!(!page.leads_to().contains("evil.example"), "{path}");
    }
    let key = root.get(TOKENS).await.value("form_key").to_owned();
    let request = root
        .request("POST", TOKENS)
        .header(HOST, "evil.example")
        .header(ORIGIN, ISSUER)
        .header(CONTENT_TYPE, FORM)
        .body(form(&[
            ("form_key", &key),
            ("name", "x"),
            ("expiration", "7"),
        ]));
    let page = root.send(request).await;
    assert!(page.secret().is_some());
    assert!(page.text.contains(ISSUER) && !page.text.contains("evil.example"));
}

#[tokio::test]
async fn text_from_people_is_only_ever_text() {
    let site = Site::start().await;
    let evil = "\"><script>alert(1)</script>'";
    let mut root = site.administrator(evil).await;
    let by = site.world.sign_in(evil).await;
    let token = site.world.create(&by, evil, DAY).await.unwrap().token.id;
    let query: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    for path in [
        "/".to_owned(),
        TOKENS.to_owned(),
        format!("{TOKENS}?search={query}&status={query}&sort={query}&page={query}"),
        format!(
            "{TOKENS}/new?name={query}&description={query}&days={query}&scopes={query}&networks={query}&expires={query}"
        ),
        format!("{TOKENS}/{token}"),
        format!("{TOKENS}/{token}/edit?name={query}&description={query}&last_day={query}"),
        "/settings/sessions".to_owned(),
        format!("/settings/users?search={query}"),
        format!("/settings/all-tokens?owner={query}&search={query}"),
        format!("/settings/operator-keys?page={query}"),
        format!("/settings/audit?owner={query}&kind={query}&before={query}"),
        format!("/signin?next={query}"),
    ] {
        let page = root.get(&path).await;
        assert!(!page.text.contains("<script>"), "{path}");
    }
}

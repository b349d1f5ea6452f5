//! The pages through real connections.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::net::SocketAddr;

use ats_pat_http::{HttpSettings, Limits, serve};
use ats_pat_test_support::world::{ADDRESS, ISSUER, PASSWORD, World};
use ats_pat_test_support::{TestDatabase, sqlite};
use reqwest::Response;
use reqwest::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY,
};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

struct Site {
    world: World,
    address: SocketAddr,
    _database: TestDatabase,
}

impl Site {
    async fn start() -> Self {
        let database = sqlite();
        let world = World::new(database.url()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages = ats_pat_web::endpoint(
            world.service.clone(),
            HttpSettings::new(ISSUER, Vec::new()).unwrap(),
        );
        tokio::spawn(serve(
            listener,
            pages,
            Limits::default(),
            std::future::pending(),
        ));
        Self {
            world,
            address,
            _database: database,
        }
    }

    async fn code(&self) -> String {
        self.world
            .service
            .make_setup_link()
            .await
            .unwrap()
            .unwrap()
            .expose_secret()
            .to_owned()
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.request(
            method.parse().unwrap(),
            format!("http://{}{path}", self.address),
        )
    }

    /// Posts the form as our own page does.
    async fn post(&self, fields: &[(&str, &str)]) -> Response {
        self.request("POST", "/setup")
            .header(ORIGIN, ISSUER)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields))
            .send()
            .await
            .unwrap()
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

fn fields<'a>(code: &'a str, user_name: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("code", code),
        ("user_name", user_name),
        ("password", password),
        ("password_repeat", password),
    ]
}

#[tokio::test]
async fn the_link_makes_one_administrator_and_then_is_void() {
    let site = Site::start().await;
    let code = site.code().await;
    let done = site.post(&fields(&code, "Ada <b>", PASSWORD)).await;
    assert_eq!(done.status(), 200);
    let page = done.text().await.unwrap();
    assert!(
        page.contains("role=\"status\"") && page.contains("Ada &#60;b&#62;"),
        "{page}"
    );
    assert!(!page.contains(PASSWORD) && !page.contains(&code), "{page}");
    let user = site
        .world
        .service
        .sign_in("ada <b>", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap()
        .user;
    assert!(user.is_admin);
    let again = site.post(&fields(&code, "eve", PASSWORD)).await;
    assert_eq!(again.status(), 403);
    assert!(again.text().await.unwrap().contains("role=\"alert\""));
    assert!(
        site.world
            .service
            .make_setup_link()
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_user_name_kept() {
    let site = Site::start().await;
    let code = site.code().await;
    for (user_name, password, repeated, alert) in [
        ("ada", "brief", "brief", "too short"),
        ("ada", "password1234", "password1234", "too easily guessed"),
        ("ada", PASSWORD, "plum-velvet-orbit-92", "not the same"),
        ("", PASSWORD, PASSWORD, "Enter a user name"),
    ] {
        let fields = [
            ("code", code.as_str()),
            ("user_name", user_name),
            ("password", password),
            ("password_repeat", repeated),
        ];
        let answer = site.post(&fields).await;
        assert_eq!(answer.status(), 400, "{alert}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("role=\"alert\"") && page.contains(alert),
            "{alert}: {page}"
        );
        assert!(
            page.contains(&format!("value=\"{user_name}\"")),
            "{alert}: {page}"
        );
        assert!(!page.contains(password), "{alert}: {page}");
    }
    assert_eq!(
        site.post(&fields(&code, "ada", PASSWORD)).await.status(),
        200
    );
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let site = Site::start().await;
    let code = site.code().await;
    let post = || {
        site.request("POST", "/setup")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(&fields(&code, "eve", PASSWORD)))
    };
    for request in [
        post(),
        post().header(ORIGIN, "https://evil.example"),
        post().header(ORIGIN, "null"),
        post()
            .header(ORIGIN, ISSUER)
            .header("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
    let json = site
        .request("POST", "/setup")
        .header(ORIGIN, ISSUER)
        .header(CONTENT_TYPE, "application/json")
        .body("{}");
    assert_eq!(json.send().await.unwrap().status(), 415);
    let large = site
        .request("POST", "/setup")
        .header(ORIGIN, ISSUER)
        .body("x".repeat(65_537));
    assert_eq!(large.send().await.unwrap().status(), 413);
    assert!(
        site.world
            .service
            .make_setup_link()
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn pages_and_their_files_are_strict() {
    let site = Site::start().await;
    for (path, status) in [
        ("/setup", 200),
        ("/", 404),
        ("/setup/", 404),
        ("/assets/nothing.css", 404),
    ] {
        let answer = site.request("GET", path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let headers = answer.headers().clone();
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(headers[REFERRER_POLICY], "same-origin", "{path}");
        assert_eq!(headers[CACHE_CONTROL], "no-store", "{path}");
        let page = answer.text().await.unwrap();
        assert!(
            !page.contains("<style") && !page.contains("style=") && !page.contains("onclick"),
            "{path}"
        );
    }
    for (path, content_type) in [
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/assets/setup.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = site.request("GET", path).send().await.unwrap();
        assert_eq!(
            (
                answer.status().as_u16(),
                answer.headers()[CONTENT_TYPE].to_str().unwrap()
            ),
            (200, content_type)
        );
    }
    let refused = site.request("DELETE", "/setup").send().await.unwrap();
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.headers()[ALLOW].to_str().unwrap()
        ),
        (405, "GET, HEAD, POST")
    );
    let head = site.request("HEAD", "/setup").send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), head.text().await.unwrap().as_str()),
        (200, "")
    );
}

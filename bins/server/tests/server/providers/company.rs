//! A company with two providers that do what a test says, and a browser that follows nothing by
//! itself.

use std::collections::HashMap;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use ats_pat_test_support::provider::jwt::rsa;
use ats_pat_test_support::provider::{Hostile, TOKEN, USER_INFO};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::process::{Folder, Server};

pub const CLIENT: &str = "ats";
pub const ACCESS_TOKEN: &str = "an-access-token-of-the-provider";

/// The server, and the providers `corp` and `other`.
pub struct Company {
    pub corp: Hostile,
    pub other: Hostile,
    pub server: Server,
    folder: Folder,
}

impl Company {
    pub async fn new(settings: &str) -> Self {
        Self::with(settings, "").await
    }

    /// With these settings, and these of the provider `corp`.
    pub async fn with(settings: &str, of_corp: &str) -> Self {
        let (corp, other) = (Hostile::start().await, Hostile::start().await);
        let folder = Folder::empty();
        let text = format!(
            "{settings}\n[oidc.corp]\nissuer = '{}'\nclient-id = '{CLIENT}'\nlabel = 'Contoso'\n\
             administrator-groups = ['admins']\n{of_corp}\n\
             [oidc.other]\nissuer = '{}'\nclient-id = '{CLIENT}'\n",
            corp.issuer, other.issuer
        );
        std::fs::write(folder.path("ats.toml"), text).unwrap();
        let server = folder.serve(&["--config", "ats.toml"]);
        Self {
            corp,
            other,
            server,
            folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// What the provider answers to the code of this sign-in.
    pub fn answers(&self, begun: &Begun, edit: impl FnOnce(&mut Value)) {
        let mut claims = claims(&self.corp.issuer, &begun.query["nonce"]);
        edit(&mut claims);
        self.corp.json(TOKEN, answer(&claims));
        self.corp.json(USER_INFO, json!({"sub": claims["sub"]}));
    }

    /// Every byte in the files of the server.
    pub fn stored(&self) -> Vec<u8> {
        let files = self.folder.left_on_disk().into_iter();
        let paths = files.map(|name| self.folder.path(&name));
        let files = paths.filter(|path| path.is_file());
        files
            .flat_map(|path| std::fs::read(path).unwrap())
            .collect()
    }
}

/// What the provider `corp` says of Ada.
pub fn claims(issuer: &str, nonce: &str) -> Value {
    json!({
        "iss": issuer, "sub": "1", "aud": CLIENT, "nonce": nonce,
        "iat": now(), "exp": now() + 300, "auth_time": now(), "sid": "s1",
        "preferred_username": "ada", "name": "Ada Lovelace", "email": "ada@example.com",
        "groups": ["builders"],
    })
}

/// Its answer to a code, with an ID token of these claims.
pub fn answer(claims: &Value) -> Value {
    let token = rsa().token(&json!({"alg": "RS256", "kid": "rsa"}), claims);
    json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": token})
}

pub fn now() -> i64 {
    SystemClock.now().as_millis() / 1000
}

/// A browser that follows nothing by itself.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookies: HashMap<String, String>,
}

/// A sign-in on its way.
pub struct Begun {
    pub query: HashMap<String, String>,
}

impl Browser {
    pub async fn get(&mut self, company: &Company, path: &str) -> Response {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let request = client.get(company.url(path)).header(COOKIE, self.header());
        let response = request.send().await.unwrap();
        self.keep(response.headers());
        response
    }

    pub async fn post(&mut self, company: &Company, path: &str, form: &str) -> Response {
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

    pub fn flows(&self) -> usize {
        let names = self.cookies.keys();
        names.filter(|name| name.starts_with("ats_oidc_")).count()
    }

    /// Goes to the provider.
    pub async fn begin(&mut self, company: &Company, path: &str) -> Begun {
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
    pub async fn come_back(&mut self, company: &Company, begun: &Begun) -> Response {
        let state = &begun.query["state"];
        let path = format!("/signin/corp/callback?code=code&state={state}");
        self.get(company, &path).await
    }

    pub async fn sign_in(&mut self, company: &Company, edit: impl FnOnce(&mut Value)) -> Response {
        let begun = self.begin(company, "/signin/corp").await;
        company.answers(&begun, edit);
        self.come_back(company, &begun).await
    }

    /// Who is signed in.
    pub async fn user(&mut self, company: &Company) -> Value {
        let response = self.get(company, "/api/session").await;
        let text = response.text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["Data"].clone()
    }
}

pub fn location(response: &Response) -> &str {
    response.headers()[LOCATION].to_str().unwrap()
}

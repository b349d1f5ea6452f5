//! A server on a port of its own, and a client that sends exactly what it is given.

use std::net::SocketAddr;

use ats_pat_domain::Code;
use ats_pat_http::{HttpSettings, Limits, serve};
use ats_pat_service::{Service, Settings};
use ats_pat_test_support::world::{ISSUER, PASSWORD, World};
use ats_pat_test_support::{TestDatabase, sqlite};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The path of tokens.
pub const TOKENS: &str = "/api/personalaccesstoken";
/// The path of the exchange.
pub const EXCHANGE: &str = "/api/personalaccesstoken/getAuthenticationToken";
/// An id that nothing has.
pub const NOBODYS: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";

/// A server of a service with a database of its own.
pub struct Server {
    pub world: World,
    address: SocketAddr,
    client: reqwest::Client,
    _database: Option<TestDatabase>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = sqlite();
        let server = Self::on(&database, change).await;
        Self {
            _database: Some(database),
            ..server
        }
    }

    /// A server with a database that the test keeps.
    pub async fn on(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> Self {
        let world = World::with(database.url(), change).await;
        let address = listen(world.service.clone()).await;
        Self {
            world,
            address,
            client: client(),
            _database: None,
        }
    }

    /// Another server, of a service that the test made.
    pub async fn over(service: Service, beside: Self) -> Self {
        Self {
            address: listen(service).await,
            ..beside
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET /path`.
    pub fn call(&self, line: &str) -> Call {
        let (method, path) = line.split_once(' ').unwrap();
        let url = format!("http://{}{path}", self.address);
        Call(self.client.request(method.parse().unwrap(), url))
    }

    /// Adds a user and signs in. Returns the cookie.
    pub async fn sign_in(&self, name: &str) -> String {
        self.world.add_user(name).await;
        self.sign_in_again(name).await
    }

    /// Adds an administrator and signs in. Returns the cookie.
    pub async fn sign_in_administrator(&self, name: &str) -> String {
        self.world.add_administrator(name).await;
        self.sign_in_again(name).await
    }

    /// Signs a user in. Returns the cookie.
    pub async fn sign_in_again(&self, name: &str) -> String {
        let answer = self
            .call("POST /api/session")
            .json(&json!({"UserName": name, "Password": PASSWORD}))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let set = answer.headers[SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    /// Creates a token. Returns its `Data`.
    pub async fn create(&self, cookie: &str, name: &str) -> Value {
        let answer = self
            .call(&format!("POST {TOKENS}"))
            .cookie(cookie)
            .json(&self.new_token(name))
            .send()
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["Data"].clone()
    }

    /// The body for a token that lasts a day.
    pub fn new_token(&self, name: &str) -> Value {
        json!({"Name": name, "ExpiresAt": self.world.now().after(ats_pat_test_support::world::DAY).to_string()})
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// Serves `service` until the test ends.
pub async fn listen(service: Service) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = HttpSettings::new(ISSUER, Vec::new()).unwrap();
    let interface = ats_pat_api::endpoint(service, settings);
    tokio::spawn(serve(
        listener,
        interface,
        Limits::default(),
        std::future::pending(),
    ));
    address
}

/// A request.
pub struct Call(reqwest::RequestBuilder);

impl Call {
    pub fn header(self, name: &str, value: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.append(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
        let request = headers
            .iter()
            .fold(self.0, |request, (name, value)| request.header(name, value));
        Self(request)
    }

    pub fn cookie(self, cookie: &str) -> Self {
        if cookie.is_empty() {
            self
        } else {
            self.header(COOKIE.as_str(), cookie)
        }
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        let request = self.0.body(body);
        Self(if content_type.is_empty() {
            request
        } else {
            request.header(CONTENT_TYPE, content_type)
        })
    }

    pub async fn send(self) -> Answer {
        let response = self.0.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// The status and the code.
    pub async fn code(self) -> (u16, Code) {
        let answer = self.send().await;
        (answer.status, answer.code())
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The code of the catalogue.
    pub fn code(&self) -> Code {
        let number = self.json()["ResponseCode"].as_u64().unwrap();
        let mut catalogue = Code::ALL.iter();
        let known = catalogue.find(|code| u64::from(code.number()) == number);
        *known.unwrap_or_else(|| panic!("{number} is not in the catalogue"))
    }

    /// `ErrorParameters`, which must equal those in `GetErrorParameters`.
    pub fn parameters(&self) -> String {
        let body = self.json();
        let parameters: Vec<&str> = body["ErrorParameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| parameter.as_str().unwrap())
            .collect();
        assert_eq!(body["GetErrorParameters"], parameters.join(", "));
        parameters.join(", ")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

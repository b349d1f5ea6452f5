//! An identity provider over HTTP that does what a test says, and one of another project.

pub mod jwt;
mod oidc_provider;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, header};
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::jwt::rsa;
pub use self::oidc_provider::OidcProvider;

/// How it answers one path.
#[derive(Clone)]
pub enum Reply {
    Json(Value),
    /// What this makes of the request.
    Made(Arc<dyn Fn(&Received) -> Value + Send + Sync>),
    Status(u16, Value),
    Html(String),
    /// To itself, for ever.
    Redirect,
    /// Zeros, without an end.
    Endless,
    /// No answer, and the connection stays open.
    Silence,
}

/// A request that it got.
#[derive(Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub authorization: Option<String>,
    pub body: String,
}

impl Received {
    /// A member of a form.
    pub fn form(&self, name: &str) -> Option<String> {
        let url: url::Url = format!("http://x/?{}", self.body)
            .parse()
            .expect("a test provider works");
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

#[derive(Default)]
struct Script {
    replies: HashMap<String, Reply>,
    received: HashMap<String, Vec<Received>>,
}

/// A provider whose answers a test chooses.
#[derive(Clone)]
pub struct Hostile {
    pub issuer: String,
    script: Arc<Mutex<Script>>,
}

pub const DISCOVERY: &str = "/.well-known/openid-configuration";
pub const KEYS: &str = "/keys";
pub const TOKEN: &str = "/token";
pub const USER_INFO: &str = "/userinfo";

impl Hostile {
    /// Starts an honest one, which publishes one RSA key with the id `rsa`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a test provider works");
        let address = listener.local_addr().expect("a test provider works");
        let hostile = Self {
            issuer: format!("http://{address}"),
            script: Arc::default(),
        };
        hostile.discovery(|_| {});
        hostile.publish(&[rsa().jwk("rsa")]);
        let router = Router::new().fallback(answer).with_state(hostile.clone());
        tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("a test provider works");
        });
        hostile
    }

    pub fn reply(&self, path: &str, reply: Reply) {
        self.script.lock().replies.insert(path.to_owned(), reply);
    }

    pub fn json(&self, path: &str, body: Value) {
        self.reply(path, Reply::Json(body));
    }

    /// The JSON that it answers at a path, as it was set.
    pub fn answer_at(&self, path: &str) -> Option<Value> {
        match self.script.lock().replies.get(path)? {
            Reply::Json(body) => Some(body.clone()),
            _ => None,
        }
    }

    /// Publishes a discovery document that a test edits.
    pub fn discovery(&self, edit: impl FnOnce(&mut Value)) {
        let issuer = &self.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}{TOKEN}"),
            "userinfo_endpoint": format!("{issuer}{USER_INFO}"),
            "jwks_uri": format!("{issuer}{KEYS}"),
            "end_session_endpoint": format!("{issuer}/logout"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "XX999"],
        });
        edit(&mut document);
        self.json(DISCOVERY, document);
    }

    pub fn publish(&self, keys: &[Value]) {
        self.json(KEYS, json!({ "keys": keys }));
    }

    /// The requests at a path so far.
    pub fn received(&self, path: &str) -> Vec<Received> {
        let script = self.script.lock();
        script.received.get(path).cloned().unwrap_or_default()
    }
}

async fn answer(State(hostile): State<Hostile>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization =
        authorization.map(|value| value.to_str().expect("a test provider works").to_owned());
    let headers = request.headers().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20)
        .await
        .expect("a test provider works");
    let received = Received {
        headers,
        authorization,
        body: String::from_utf8(body.to_vec()).expect("a test provider works"),
    };
    let reply = {
        let mut script = hostile.script.lock();
        let all = script.received.entry(path.clone()).or_default();
        all.push(received.clone());
        script.replies.get(&path).cloned()
    };
    let json = |status: u16, body: &Value| {
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Body::from(body.to_string()))
    };
    let response = match reply {
        None => json(404, &json!({})),
        Some(Reply::Json(body)) => json(200, &body),
        Some(Reply::Made(make)) => json(200, &make(&received)),
        Some(Reply::Status(status, body)) => json(status, &body),
        Some(Reply::Html(body)) => Response::builder()
            .header(header::CONTENT_TYPE, "text/html")
            .body(Body::from(body)),
        Some(Reply::Redirect) => Response::builder()
            .status(302)
            .header(header::LOCATION, path)
            .body(Body::empty()),
        Some(Reply::Endless) => {
            let zeros =
                stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096])));
            Response::builder()
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from_stream(zeros))
        }
        Some(Reply::Silence) => std::future::pending().await,
    };
    response.expect("a test provider works")
}

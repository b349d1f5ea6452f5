//! An issuer: what it publishes, the tokens that it signs, and the requests that it got. It can be
//! used as a key source in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use ats_pat_token::{
    Audience, Claims, CompressedList, Header, Jwk, JwkSet, ListVersion, SigningAlgorithm,
    SigningInput, StatusList, StatusListClaims, StatusReference, thumbprint,
};
use ats_pat_verify::{Document, DocumentRequest, KeySource, SourceError};
use ed25519_dalek::{Signer, SigningKey};
use secrecy::ExposeSecret;
use tokio::sync::watch;

pub const METADATA: &str = "/.well-known/oauth-authorization-server";
pub const KEYS: &str = "/.well-known/jwks.json";
pub const LISTS: &str = "/status-lists";
pub const AUDIENCE: &str = "https://orders.example.com";

/// The time at which the issuer's clock stands still.
pub const NOW: i64 = 1_796_000_000;

#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    url: String,
    state: Mutex<State>,
    asked: watch::Sender<HashMap<String, u64>>,
}

/// What the issuer does. A test changes it as needed.
pub struct State {
    pub signing: SigningKey,
    pub published: Vec<SigningKey>,
    pub list_path: String,
    pub list: StatusList,
    pub version: ListVersion,
    /// The age of its list and its keys, as the issuer tells it, in seconds.
    pub age: Option<u64>,
    pub now: i64,
    /// Answers that replace the right ones, by path.
    pub instead: HashMap<String, Reply>,
}

#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub body: Vec<u8>,
    /// The age of the answer, in seconds.
    pub age: Option<u64>,
    /// Whether it never comes.
    pub hangs: bool,
}

impl Reply {
    pub fn of(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            content_type,
            etag: None,
            location: None,
            body: body.into(),
            age: None,
            hangs: false,
        }
    }

    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::of("application/json", body)
    }

    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::json("{}")
        }
    }

    pub fn never() -> Self {
        Self {
            hangs: true,
            ..Self::json("")
        }
    }
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

impl Issuer {
    pub fn new(url: &str) -> Self {
        let mut list = StatusList::new();
        list.extend_to(1023).unwrap();
        Self(Arc::new(Inner {
            url: url.to_owned(),
            state: Mutex::new(State {
                signing: key(1),
                published: vec![key(1)],
                list_path: format!("{LISTS}/0"),
                list,
                version: ListVersion { epoch: 0, seq: 1 },
                age: None,
                now: NOW,
                instead: HashMap::new(),
            }),
            asked: watch::Sender::new(HashMap::new()),
        }))
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// Revokes the token at an index, as a change of its own.
    pub fn revoke(&self, index: u64) {
        let mut state = self.state();
        state.list.set(index, true).unwrap();
        state.version.seq += 1;
    }

    pub fn answer_instead(&self, path: &str, reply: Reply) {
        self.state().instead.insert(path.to_owned(), reply);
    }

    pub fn claims(&self, index: u64) -> Claims {
        let state = self.state();
        Claims {
            iss: self.0.url.clone(),
            sub: "01936d3a-7c40-7000-8000-000000000001".to_owned(),
            aud: Audience::from(AUDIENCE.to_owned()),
            exp: state.now + 300,
            iat: state.now,
            nbf: state.now,
            jti: format!("01936d3a-7c40-7000-8000-{index:012x}"),
            client_id: "01936d3a-7c40-7000-8000-000000000003".to_owned(),
            preferred_username: "anna".to_owned(),
            scope: "orders:read packages:write".to_owned(),
            ats_generation: Some(3),
            status: Some(StatusReference {
                index,
                uri: format!("{}{}", self.0.url, state.list_path),
            }),
        }
    }

    /// A token with the place at an index.
    pub fn token(&self, index: u64) -> String {
        self.sign(&self.claims(index))
    }

    pub fn sign(&self, claims: &Claims) -> String {
        let signing = self.state().signing.clone();
        let input = SigningInput::new(&header(&signing), claims);
        finish(input, &signing)
    }

    pub fn signed_list(&self) -> String {
        let state = self.state();
        let claims = StatusListClaims {
            iss: self.0.url.clone(),
            sub: format!("{}{}", self.0.url, state.list_path),
            iat: state.now,
            exp: state.now + 600,
            ttl: 1,
            version: state.version,
            status_list: CompressedList::new(state.list.compress().unwrap()),
        };
        let input = SigningInput::of_status_list(&header(&state.signing), &claims);
        finish(input, &state.signing)
    }

    /// Answers, and notes the request.
    pub fn answer(&self, path: &str, etag: Option<&str>) -> Reply {
        self.0
            .asked
            .send_modify(|asked| *asked.entry(path.to_owned()).or_default() += 1);
        if let Some(reply) = self.state().instead.get(path) {
            return reply.clone();
        }
        let url = &self.0.url;
        let list_path = self.state().list_path.clone();
        match path {
            METADATA => Reply::json(format!(
                r#"{{"issuer":"{url}","jwks_uri":"{url}{KEYS}","status_list_aggregation_endpoint":"{url}{LISTS}"}}"#
            )),
            KEYS => {
                let jwk = |key: &SigningKey| {
                    Jwk::new(key.verifying_key(), SigningAlgorithm::EdDsa).unwrap()
                };
                let set = JwkSet::new(self.state().published.iter().map(jwk).collect());
                let members: Vec<String> = set.keys().iter().map(published).collect();
                Reply {
                    age: self.state().age,
                    ..Reply::json(format!(r#"{{"keys":[{}]}}"#, members.join(",")))
                }
            }
            LISTS => Reply::json(format!(r#"{{"status_lists":["{url}{list_path}"]}}"#)),
            _ if path == list_path => {
                let current = {
                    let state = self.state();
                    format!("\"{}-{}\"", state.version.epoch, state.version.seq)
                };
                let age = self.state().age;
                if etag == Some(&current) {
                    return Reply {
                        age,
                        ..Reply::status(304)
                    };
                }
                Reply {
                    etag: Some(current),
                    age,
                    ..Reply::of("application/statuslist+jwt", self.signed_list())
                }
            }
            _ => Reply::status(404),
        }
    }

    /// How often something was asked for.
    pub fn asked(&self, path: &str) -> u64 {
        self.0.asked.borrow().get(path).copied().unwrap_or_default()
    }

    /// Waits until the path was requested twice more. By then the verifier has taken the answer to
    /// the first request.
    pub async fn follow(&self, path: &str) {
        let enough = self.asked(path) + 2;
        let mut asked = self.0.asked.subscribe();
        asked
            .wait_for(|asked| asked.get(path).is_some_and(|times| *times >= enough))
            .await
            .unwrap();
    }
}

fn header(signing: &SigningKey) -> Header {
    Header {
        alg: SigningAlgorithm::EdDsa,
        kid: thumbprint(&signing.verifying_key()),
    }
}

fn finish(input: SigningInput, signing: &SigningKey) -> String {
    let signature = signing.sign(input.as_bytes()).to_bytes();
    input.with_signature(&signature).expose_secret().to_owned()
}

fn published(jwk: &Jwk) -> String {
    let x = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, jwk.to_bytes());
    let kid = jwk.kid();
    format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"{kid}","use":"sig","alg":"EdDSA"}}"#)
}

impl KeySource for Issuer {
    async fn get(&self, request: DocumentRequest<'_>) -> Result<Document, SourceError> {
        let path = request
            .url
            .strip_prefix(self.url())
            .ok_or(SourceError::Gone)?;
        let reply = self.answer(path, request.etag);
        if reply.hangs {
            std::future::pending::<()>().await;
        }
        let age = Duration::from_secs(reply.age.unwrap_or_default());
        match reply.status {
            200 => Ok(Document::Current {
                body: reply.body,
                etag: reply.etag,
                age,
            }),
            304 => Ok(Document::NotModified { age }),
            404 => Err(SourceError::Gone),
            other => Err(SourceError::Status(other)),
        }
    }
}

//! Checks ATS authentication tokens offline, for services that receive `Authorization: Bearer …`.
//! Refuses revoked tokens within seconds.
//!
//! ```
//! use ats_pat_verify::{Error, Verifier};
//!
//! async fn orders(verifier: &Verifier, authorization: &str) -> Result<String, Error> {
//!     let token = verifier.authenticate([authorization.as_bytes()]).await?;
//!     token.require_scope("orders:read")?;
//!     Ok(format!("the orders of {}", token.user_name()))
//! }
//!
//! # use ats_pat_token::*;
//! # use axum::{Router, http::header::CONTENT_TYPE, routing::get};
//! # use ed25519_dalek::{Signer, SigningKey};
//! # use secrecy::ExposeSecret;
//! # const AUDIENCE: &str = "https://orders.example.com";
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let issuer = &*format!("http://{}", listener.local_addr()?);
//! # let list = format!("{issuer}/status-lists/0");
//! # let key = SigningKey::from_bytes(&[7; 32]);
//! # let signed = |input: SigningInput| {
//! #     let signature = key.sign(input.as_bytes()).to_bytes();
//! #     input.with_signature(&signature).expose_secret().to_owned()
//! # };
//! # let header = Header { alg: SigningAlgorithm::EdDsa, kid: thumbprint(&key.verifying_key()) };
//! # let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_secs() as i64;
//! # let token = |scope: &str, index: u64| signed(SigningInput::new(&header, &Claims {
//! #     iss: issuer.into(), sub: "01936d3a-7c40-7000-8000-000000000001".into(),
//! #     aud: AUDIENCE.to_owned().into(), exp: now + 300, iat: now, nbf: now,
//! #     jti: index.to_string(), client_id: "1".into(), scope: scope.into(),
//! #     preferred_username: "anna".into(), ats_generation: None,
//! #     status: Some(StatusReference { index, uri: list.clone() }),
//! # }));
//! # let mut places = StatusList::new();
//! # places.set(2, true)?;
//! # let places = signed(SigningInput::of_status_list(&header, &StatusListClaims {
//! #     iss: issuer.into(), sub: list.clone(), iat: now, exp: now + 600, ttl: 1,
//! #     version: ListVersion::default(),
//! #     status_list: CompressedList::new(places.compress()?),
//! # }));
//! # let json = |body: String| get(move || async { ([(CONTENT_TYPE, "application/json")], body) });
//! # let keys = JwkSet::new(vec![Jwk::new(key.verifying_key(), SigningAlgorithm::EdDsa)?]);
//! # let metadata = format!(
//! #     r#"{{"issuer":"{issuer}","jwks_uri":"{issuer}/keys",
//! #     "status_list_aggregation_endpoint":"{issuer}/lists"}}"#
//! # );
//! # let router = Router::new()
//! #     .route("/.well-known/oauth-authorization-server", json(metadata))
//! #     .route("/keys", json(serde_json::to_string(&keys)?))
//! #     .route("/lists", json(format!(r#"{{"status_lists":["{list}"]}}"#)))
//! #     .route("/status-lists/0", get(|| async {
//! #         ([(CONTENT_TYPE, "application/statuslist+jwt")], places)
//! #     }));
//! # tokio::spawn(async { axum::serve(listener, router).await });
//! # let [good, narrow, revoked] = [("orders:read", 0), ("packages:read", 1), ("all", 2)]
//! #     .map(|(scope, index)| format!("Bearer {}", token(scope, index)));
//! // The public URL of the personal access token service, and this service's name among its
//! // audiences.
//! let verifier = Verifier::new(issuer, "https://orders.example.com")?;
//!
//! assert_eq!(orders(&verifier, &good).await?, "the orders of anna");
//!
//! let error = orders(&verifier, &revoked).await.unwrap_err();
//! assert_eq!(error, Error::Revoked);
//! assert_eq!(error.status(), 401);
//! assert_eq!(
//!     error.www_authenticate().unwrap(),
//!     r#"Bearer error="invalid_token", error_description="the authentication token was revoked""#
//! );
//!
//! // What lacks a scope is told which, and where to make a personal access token that has it.
//! let error = orders(&verifier, &narrow).await.unwrap_err();
//! assert_eq!(error.status(), 403);
//! assert!(error.www_authenticate().unwrap().contains(r#"scope="orders:read""#));
//! # Ok(())
//! # }
//! ```
//!
//! With poem (feature `poem`, module `poem`) or axum (feature `axum`, module `axum`), give the
//! verifier to a middleware; handlers take an [`AuthenticationToken`]. The middleware for axum is a
//! tower layer. It also suits other services over http 1 that are `Clone` and whose response body
//! is `From<&'static str>`. With any other framework, pass the headers to
//! [`Verifier::authenticate`], and answer with [`Error::status`], [`Error::www_authenticate`] and
//! [`Error::retry_after`].
//!
//! # What is checked
//!
//! The algorithm is Ed25519, whatever a token says. The key is one that the issuer publishes. The
//! signature and the text have only one valid form, and no member occurs twice in the JSON. `typ`,
//! `iss` and `aud` have the expected values. `exp`, `nbf` and `iat` are checked with a leeway of 60
//! seconds, which is also the maximum. The issuer's list says that the token was not revoked. The
//! list is checked on every call, also for tokens whose signature is known.
//!
//! # How it follows the issuer
//!
//! A background task starts with the first check and ends with the last [`Verifier`]. It reads the
//! metadata (RFC 8414) and the keys at once and every five minutes. It asks for the status list
//! (draft-ietf-oauth-status-list) each second, by a conditional request. No answer can lead to
//! another host: redirects are not followed, every address must be one of the issuer's, and sizes
//! and times are limited. Only these make a call wait:
//!
//! - the first calls, until keys and list are here ([`Verifier::ready`] waits for them beforehand);
//! - a key that is not known: the keys are read again, at most once a second, however many calls
//!   wait for it;
//! - a place that the list doesn't have: the list is read again in the same way, and so is the
//!   address of the current list.
//!
//! # When something is wrong
//!
//! | What happens | What the verifier does |
//! |---|---|
//! | The issuer is away, slow (beyond 5 s), or answers garbage | uses the keys and the list that it has; tries again each second |
//! | … for longer than 30 s | refuses tokens with [`Error::StatusUnavailable`] (503, `Retry-After: 1`), or accepts them with [`fail_open`](VerifierBuilder::fail_open); tokens that were revoked before stay refused |
//! | … for longer than an hour | refuses all tokens with [`Error::KeysUnavailable`] (503), also with `fail_open` |
//! | … from the start | the same, until the issuer answers; a list that never came counts as too old |
//! | A token names an unknown key while the issuer is away | [`Error::KeysUnavailable`]: it may be a new one |
//! | The issuer signs with a new key | known with the first token that names it |
//! | A key left the published set | tokens that it signed are refused after the next reading, at most five minutes later, also known ones |
//! | A key set does not parse, or has an invalid key | it replaces nothing |
//! | The list has a wrong signature, issuer or address, or is older than the verifier's | it replaces nothing and confirms nothing |
//! | The issuer went back to a restored database | its new list is followed; earlier tokens are refused with [`Error::NotListed`] |
//! | … without saying so | its list counts as older: tokens are refused after the time limit, until the verifier is restarted |
//! | The issuer's clock is up to 60 s off | nothing |
//! | … 2 minutes behind | tokens end 2 minutes earlier |
//! | … 2 minutes ahead | tokens and lists are refused as not valid yet for the first minute of their lives |
//! | The verifier's clock is set forward | tokens are expired, and so is the list ([`Error::StatusUnavailable`]), until the clock is corrected |
//! | … back | tokens are not valid yet; the list's age is measured by a monotonic clock, which counts suspension |
//!
//! # What it logs
//!
//! It logs by [`tracing`], so a service that installs a subscriber sees its events. Why a request
//! was refused is an event at the level `debug`. The event names the check that failed, which the
//! answer doesn't tell, and the issuer and the audience that the verifier expects. The answer names
//! a missing scope, so that is not logged. A warning says that the issuer can't be read, and
//! another one comes if the cause changes. An event at the level `info` says that it can be read
//! again. With `tracing-subscriber`, the filter `ats_pat_verify=debug` shows all of it. No event
//! quotes a token.
//!
//! # What it does not know
//!
//! It doesn't decide what a scope allows. It doesn't handle personal access tokens:
//! `ats-pat-client` exchanges them. Without the feature `fetch` it has no HTTP, and a [`KeySource`]
//! brings the issuer's documents.
//!
//! # Invariants
//!
//! - A token is accepted only if a key that the issuer published at the last reading verifies its
//!   signature.
//! - A list is never replaced by an earlier one, and is always the last check of a token.
//! - The verifier remembers the BLAKE3 hash of a token's text, never the text. No error, log or
//!   `Debug` quotes it.

mod attempts;
mod authentication_token;
#[cfg(feature = "axum")]
pub mod axum;
mod bearer;
mod builder;
mod clock;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod follow;
mod key_source;
mod keys;
mod metadata;
#[cfg(feature = "poem")]
pub mod poem;
mod revocation;
mod settings;
mod shared;
mod verifier;

pub use ats_pat_token::{Claims, VerifyError};

#[cfg(feature = "fetch")]
pub use crate::fetch::Fetch;
pub use crate::{
    authentication_token::AuthenticationToken,
    builder::VerifierBuilder,
    clock::{Clock, SystemClock},
    error::{Error, NotReady},
    key_source::{Document, DocumentRequest, KeySource, SourceError},
    settings::{MAX_LEEWAY, SettingError},
    verifier::Verifier,
};

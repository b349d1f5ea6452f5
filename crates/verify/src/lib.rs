//! Checks ATS authentication tokens offline, for services that receive `Authorization: Bearer …`, and refuses what was
//! revoked within seconds.
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
//! #     iss: issuer.into(), sub: "01936d3a-7c40-7000-8000-000000000001".into(), aud: AUDIENCE.to_owned().into(),
//! #     exp: now + 300, iat: now, nbf: now, jti: index.to_string(), client_id: "1".into(), scope: scope.into(),
//! #     preferred_username: "anna".into(), ats_generation: None,
//! #     status: Some(StatusReference { index, uri: list.clone() }),
//! # }));
//! # let mut places = StatusList::new();
//! # places.set(2, true)?;
//! # let places = signed(SigningInput::of_status_list(&header, &StatusListClaims {
//! #     iss: issuer.into(), sub: list.clone(), iat: now, exp: now + 600, ttl: 1, version: ListVersion::default(),
//! #     status_list: CompressedList::new(places.compress()?),
//! # }));
//! # let json = |body: String| get(move || async { ([(CONTENT_TYPE, "application/json")], body) });
//! # let keys = JwkSet::new(vec![Jwk::new(key.verifying_key(), SigningAlgorithm::EdDsa)?]);
//! # let metadata = format!(
//! #     r#"{{"issuer":"{issuer}","jwks_uri":"{issuer}/keys","status_list_aggregation_endpoint":"{issuer}/lists"}}"#
//! # );
//! # let router = Router::new()
//! #     .route("/.well-known/oauth-authorization-server", json(metadata))
//! #     .route("/keys", json(serde_json::to_string(&keys)?))
//! #     .route("/lists", json(format!(r#"{{"status_lists":["{list}"]}}"#)))
//! #     .route("/status-lists/0", get(|| async { ([(CONTENT_TYPE, "application/statuslist+jwt")], places) }));
//! # tokio::spawn(async { axum::serve(listener, router).await });
//! # let [good, narrow, revoked] = [("orders:read", 0), ("packages:read", 1), ("all", 2)]
//! #     .map(|(scope, index)| format!("Bearer {}", token(scope, index)));
//! // The public URL of the personal access token service, and this service's name among its audiences.
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
//! With poem (feature `poem`, module `poem`) or with axum (feature `axum`, module `axum`) the verifier is given to a
//! middleware, and handlers take an [`AuthenticationToken`]. That of axum is a tower layer, for other services over
//! http 1 too: they must be `Clone`, and the body of their responses `From<&'static str>`. Any other framework passes its headers to [`Verifier::authenticate`] and answers with [`Error::status`],
//! [`Error::www_authenticate`] and [`Error::retry_after`].
//!
//! # What is checked
//!
//! The algorithm is Ed25519, whatever a token says; the key is one that the issuer publishes; the signature has one
//! form, and so has the text; no member stands twice in its JSON; `typ`, `iss` and `aud` are the expected ones; `exp`,
//! `nbf` and `iat` hold with a leeway of 60 seconds, which is also the most that can be set; and the issuer's list says
//! that it was not revoked. That last question is asked on every call, also for tokens whose signature is known.
//!
//! # How it follows the issuer
//!
//! A background task starts with the first check and ends with the last [`Verifier`]. It reads the metadata
//! (RFC 8414) and the keys at once and every five minutes, and asks for the status list
//! (draft-ietf-oauth-status-list) each second, by a conditional request. No answer leads elsewhere: redirects are not
//! followed, every address must be one of the issuer's, bodies and times are limited. Only these make a call wait:
//!
//! - the first calls, until keys and list are here ([`Verifier::ready`] waits for them beforehand);
//! - a key that is not known: the keys are read anew, once a second at most, however many calls wait for it;
//! - a place that the list does not have: likewise the list, and which list is the current one.
//!
//! # When something is wrong
//!
//! | What happens | What the verifier does |
//! |---|---|
//! | The issuer is away, slow (beyond 5 s), or answers garbage | goes on with keys and list as they are; tries again each second |
//! | … for longer than 30 s | refuses tokens with [`Error::StatusUnavailable`] (503, `Retry-After: 1`), or accepts them if it was told to [`fail_open`](VerifierBuilder::fail_open); what was revoked before stays refused |
//! | … for longer than an hour | refuses all tokens with [`Error::KeysUnavailable`] (503), whatever it was told |
//! | … from the start | the same, until it comes; a list that never came is as one that is too old |
//! | A token names an unknown key while the issuer is away | [`Error::KeysUnavailable`]: it may be a new one |
//! | The issuer signs with a new key | known with the first token that names it |
//! | A key left the published set | what it signed is refused with the next reading, after five minutes at most, known tokens included |
//! | A key set does not parse, or has a key that is not right | it replaces nothing |
//! | The list has a wrong signature, issuer or address, or is older than the one that is here | it replaces nothing and confirms nothing |
//! | The issuer went back to a restored database | its new list is followed; tokens of before are refused with [`Error::NotListed`] |
//! | … without saying so | its list counts as older: tokens are refused when the time is up, until the verifier is started anew |
//! | The issuer's clock is up to 60 s off | nothing |
//! | … 2 minutes behind | tokens end earlier by so much |
//! | … 2 minutes ahead | tokens and lists are refused as not valid yet for the first minute of their lives |
//! | The verifier's clock is set forward | tokens are expired, and so is the list ([`Error::StatusUnavailable`]), until it is set right |
//! | … back | tokens are not valid yet; the age of the list is told by a monotonic clock, which counts suspension |
//!
//! # What it logs
//!
//! It speaks by [`tracing`], so a service that installs a subscriber sees it. Why a request was refused is an event at
//! the level `debug`, with the check that failed, which the answer does not tell, and the issuer and the audience that
//! the verifier expects; a missing scope is named in the answer instead. That the issuer can't be read is a warning,
//! again where the cause changes, and that it can be read again is `info`. With `tracing-subscriber` the filter
//! `ats_pat_verify=debug` shows all of it. A token is never in it.
//!
//! # What it does not know
//!
//! What a scope allows, and anything about personal access tokens themselves: `ats-pat-client` exchanges them. Without
//! the feature `fetch` it has no HTTP: a [`KeySource`] brings the issuer's documents.
//!
//! # Invariants
//!
//! - No token is accepted whose signature was not found good by a key that the issuer published at the last reading.
//! - A list never gives way to an earlier one, and what it says of a token is the last thing that is looked at.
//! - What is remembered of a token is the BLAKE3 hash of its text, never the text; no error, log or `Debug` quotes it.

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

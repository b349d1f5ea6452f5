//! The floor: the first version that most programmers would write. It uses Poem's own server with
//! its defaults, serde for everything, and ed25519-dalek. It doesn't look at personal access
//! tokens, and makes nothing but the authentication token.

use std::sync::Arc;

use anyhow::Result;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ed25519_dalek::{Signer as _, SigningKey};
use poem::listener::TcpAcceptor;
use poem::web::{Data, Json};
use poem::{EndpointExt as _, IntoResponse, Response, Route, Server, get, handler};
use serde::Serialize;
use serde_json::{Value, json};
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;
use uuid::Builder;

const LIFETIME: Duration = Duration::minutes(5);
const PERSONAL_ACCESS_TOKEN_LIFETIME: Duration = Duration::days(1);
/// The format of times in the server's answers.
const TIME: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Serves the exchange and the key that verifies it, on a free port, with Poem's and tokio's
/// defaults.
#[tokio::main]
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("listening on {url}");
    let routes = Route::new()
        .at(
            "/api/personalaccesstoken/getAuthenticationToken",
            get(exchange),
        )
        .at("/.well-known/jwks.json", get(key_set))
        .data(Arc::new(Issuer::new(url)));
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?)
        .run(routes)
        .await?;
    Ok(())
}

#[handler]
fn exchange(Data(issuer): Data<&Arc<Issuer>>) -> Result<Response, poem::Error> {
    let issued_at = OffsetDateTime::now_utc();
    let token = issuer
        .mint(issued_at)
        .map_err(poem::error::InternalServerError)?;
    let time = |time: OffsetDateTime| {
        let text = time.format(TIME);
        text.map_err(poem::error::InternalServerError)
    };
    Ok(Json(Envelope::success(token))
        .with_header(
            "Ats-Authentication-Token-Expires-At",
            time(issued_at + LIFETIME)?,
        )
        .with_header(
            "Ats-Personal-Access-Token-Expires-At",
            time(issued_at + PERSONAL_ACCESS_TOKEN_LIFETIME)?,
        )
        .into_response())
}

#[handler]
fn key_set(Data(issuer): Data<&Arc<Issuer>>) -> Json<Value> {
    Json(json!({"keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": issuer.kid,
        "x": BASE64_URL_SAFE_NO_PAD.encode(issuer.key.verifying_key()),
    }]}))
}

struct Issuer {
    url: String,
    key: SigningKey,
    kid: String,
}

impl Issuer {
    fn new(url: String) -> Self {
        let key = SigningKey::from_bytes(&[7; 32]);
        Self {
            url,
            kid: ats_pat_token::thumbprint(&key.verifying_key()),
            key,
        }
    }

    fn mint(&self, issued_at: OffsetDateTime) -> Result<String, serde_json::Error> {
        let issued_at = issued_at.unix_timestamp();
        let header = Header {
            alg: "EdDSA",
            typ: "at+jwt",
            kid: self.kid.clone(),
        };
        let claims = Claims {
            iss: self.url.clone(),
            sub: "019365a0-0000-7000-8000-000000000001".to_owned(),
            aud: self.url.clone(),
            exp: issued_at + LIFETIME.whole_seconds(),
            iat: issued_at,
            nbf: issued_at,
            jti: random_id(),
            client_id: "019365a0-0000-7000-8000-000000000002".to_owned(),
            preferred_username: "ada".to_owned(),
            scope: "all".to_owned(),
            ats_generation: 1,
            status: Status {
                status_list: StatusList {
                    idx: 512,
                    uri: format!("{}/status-lists/0", self.url),
                },
            },
        };
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(&claims)?, &mut token);
        let signature = self.key.sign(token.as_bytes()).to_bytes();
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the plain way asks the system, as `Uuid::new_v4` does"
)]
fn random_id() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system's randomness");
    Builder::from_random_bytes(random).into_uuid().to_string()
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
    kid: String,
}

#[derive(Serialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    nbf: i64,
    jti: String,
    client_id: String,
    preferred_username: String,
    scope: String,
    ats_generation: u32,
    status: Status,
}

#[derive(Serialize)]
struct Status {
    status_list: StatusList,
}

#[derive(Serialize)]
struct StatusList {
    idx: u64,
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    data: String,
    error_message: &'static str,
    error_parameters: Option<Vec<String>>,
    response_code: u32,
    get_error_parameters: &'static str,
}

impl Envelope {
    fn success(data: String) -> Self {
        Self {
            data,
            error_message: "",
            error_parameters: None,
            response_code: 1,
            get_error_parameters: "",
        }
    }
}

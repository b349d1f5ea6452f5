//! An identity provider that is fast, so that it is the service that is measured.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use httparse::{EMPTY_HEADER, Request, Status};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Its name in the settings of the service.
pub const NAME: &str = "corp";
const CLIENT: &str = "ats";
/// The service sends fewer.
const MOST_HEADERS: usize = 32;

/// A running provider. It answers as long as the program runs.
pub struct Provider {
    issuer: String,
}

/// What its answers are made of.
struct Office {
    issuer: String,
    key: KeyPair,
}

impl Provider {
    /// Starts it with an RSA key, as most providers have.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address: SocketAddr = listener.local_addr()?;
        let office = Arc::new(Office {
            issuer: format!("http://{address}"),
            key: KeyPair::generate(KeySize::Rsa2048).context("no RSA key was made")?,
        });
        let issuer = office.issuer.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let office = Arc::clone(&office);
                // A connection that breaks off is the service's to report.
                thread::spawn(move || drop(office.serve(stream)));
            }
        });
        Ok(Self { issuer })
    }

    /// The settings of a service whose people sign in here.
    pub fn settings(&self) -> Vec<(String, String)> {
        let table = format!("ATS_PAT_OIDC_{}", NAME.to_uppercase());
        [
            ("ISSUER", self.issuer.as_str()),
            ("CLIENT_ID", CLIENT),
            // Tokens end with sign-ins, so each one is written into the user's row.
            ("SIGN_IN_EVERY_DAYS", "30"),
        ]
        .map(|(key, value)| (format!("{table}_{key}"), value.to_owned()))
        .to_vec()
    }
}

/// The code that the provider gives this person. It says who that is, so nothing is remembered.
pub fn code(person: u64, nonce: &str) -> String {
    format!("{person}.{nonce}")
}

impl Office {
    /// Answers the requests of one connection.
    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            if let Some((path, body, length)) = parse(&received)? {
                let answer = self.answer(&path, &body)?.to_string();
                received.drain(..length);
                let many = answer.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {many}\r\n\r\n"
                );
                stream.write_all((head + &answer).as_bytes())?;
                continue;
            }
            let count = reader.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            received.extend_from_slice(&buffer[..count]);
        }
    }

    fn answer(&self, path: &str, body: &str) -> Result<Value> {
        let issuer = &self.issuer;
        Ok(match path {
            "/.well-known/openid-configuration" => json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }),
            "/keys" => {
                // 256 bytes, after the headers of sequence and integer and a zero (RFC 8017,
                // appendix A.1.1).
                let modulus = self.key.public_key().as_ref().get(9..265);
                let modulus = BASE64_URL_SAFE_NO_PAD.encode(modulus.context("another key")?);
                let key =
                    json!({"kty": "RSA", "use": "sig", "kid": "1", "n": modulus, "e": "AQAB"});
                json!({ "keys": [key] })
            }
            "/token" => {
                let mut members = body.split('&');
                let code = members.find_map(|member| member.strip_prefix("code="));
                let (person, nonce) = code
                    .and_then(|code| code.split_once('.'))
                    .context("no code")?;
                let token = self.id_token(person, nonce)?;
                json!({"access_token": "a", "token_type": "Bearer", "id_token": token})
            }
            other => bail!("nothing is at {other}"),
        })
    }

    fn id_token(&self, person: &str, nonce: &str) -> Result<String> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = json!({
            "iss": self.issuer, "sub": person, "aud": CLIENT, "nonce": nonce,
            "iat": now, "exp": now + 300, "auth_time": now, "sid": format!("{person}-{nonce}"),
            "preferred_username": format!("person-{person}"),
            "name": format!("Person {person}"),
            "email": format!("person-{person}@example.com"),
            "groups": ["builders", "line-4"],
        });
        let header = json!({"alg": "RS256", "kid": "1"});
        let [header, claims] =
            [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        let bytes = signed.as_bytes();
        let made = self
            .key
            .sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature);
        made.context("no signature was made")?;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        Ok(format!("{signed}.{signature}"))
    }
}

/// The path and the body of the first request in `bytes`, and how long it is; `None` while it is
/// not complete.
fn parse(bytes: &[u8]) -> Result<Option<(String, String, usize)>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    let Status::Complete(begin) = request.parse(bytes)? else {
        return Ok(None);
    };
    let mut headers = request.headers.iter();
    let length = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match length {
        None => 0,
        Some(header) => std::str::from_utf8(header.value)?.parse::<usize>()?,
    };
    let Some(body) = bytes.get(begin..begin + length) else {
        return Ok(None);
    };
    let path = request.path.unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(body).into_owned();
    Ok(Some((path, body, begin + length)))
}

//! The issuer's documents over HTTP.

use std::time::Duration;

use ats_pat_token::is_loopback;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, AGE, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH},
    redirect,
};

use crate::{Document, DocumentRequest, KeySource, SettingError, SourceError};

/// Reads documents over HTTP, with TLS by rustls and the certificates that the system trusts. It
/// asks only `https` addresses, and `http` addresses on this machine. It doesn't follow redirects.
#[derive(Clone, Debug)]
pub struct Fetch {
    client: Client,
}

impl Fetch {
    /// Reads the documents of an issuer. None may take longer than `timeout`.
    pub fn new(issuer: &str, timeout: Duration) -> Result<Self, SettingError> {
        let url: Url = issuer.parse().map_err(|_| SettingError::Issuer)?;
        if !is_secure(&url) {
            return Err(SettingError::Insecure);
        }
        let mut client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ));
        if url.host_str().is_some_and(is_loopback) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|_| SettingError::HttpClient)?;
        Ok(Self { client })
    }
}

impl KeySource for Fetch {
    async fn get(&self, request: DocumentRequest<'_>) -> Result<Document, SourceError> {
        let url: Url = request.url.parse().map_err(|_| SourceError::Insecure)?;
        if !is_secure(&url) {
            return Err(SourceError::Insecure);
        }
        let mut asked = self
            .client
            .get(url)
            .header(ACCEPT, request.media_types.join(", "));
        if let Some(etag) = request.etag {
            asked = asked.header(IF_NONE_MATCH, etag);
        }
        let answer = asked.send().await.map_err(transport)?;
        match answer.status() {
            StatusCode::OK => read(answer, &request).await,
            StatusCode::NOT_MODIFIED if request.etag.is_some() => Ok(Document::NotModified {
                age: age(answer.headers()),
            }),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(SourceError::Gone),
            other => Err(SourceError::Status(other.as_u16())),
        }
    }
}

async fn read(
    mut answer: Response,
    request: &DocumentRequest<'_>,
) -> Result<Document, SourceError> {
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if !header(CONTENT_TYPE).is_some_and(|value| is_one_of(value, request.media_types)) {
        return Err(SourceError::MediaType);
    }
    let etag = header(ETAG).map(ToOwned::to_owned);
    let age = age(answer.headers());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > request.max_length {
            return Err(SourceError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Document::Current { body, etag, age })
}

/// How old an answer is, in whole seconds (RFC 9111, section 5.1). If it gives several ages, the
/// greatest counts. A value that is not a number is ignored.
fn age(headers: &HeaderMap) -> Duration {
    let ages = headers.get_all(AGE).iter().filter_map(|value| {
        let digits = value.to_str().ok()?.trim();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // An age that is too large to be counted becomes the largest number.
        is_number.then(|| digits.parse().unwrap_or(u64::MAX))
    });
    Duration::from_secs(ages.max().unwrap_or_default())
}

/// Whether a `Content-Type` is of one of the media types, whatever its parameters (RFC 9110,
/// section 8.3.1).
fn is_one_of(content_type: &str, media_types: &[&str]) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    media_types
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

fn transport(error: reqwest::Error) -> SourceError {
    if error.is_timeout() {
        SourceError::TimedOut
    } else {
        SourceError::Transport(Box::new(error))
    }
}

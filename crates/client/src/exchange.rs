//! The requests that this crate makes.

use std::error::{self, Error as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_token::PersonalAccessToken;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Response, Url, redirect};
use zeroize::Zeroizing;

use crate::answer::{self, Exchanged, Failed};
use crate::audience;
use crate::error::Error;
use crate::retry::Retry;

const PATH: &str = "/api/personalaccesstoken/getAuthenticationToken";
const REGENERATE: &str = "/api/personalaccesstoken/self/regenerate";
const AUDIENCE: &str = "Audience";
const HEADER: HeaderName = HeaderName::from_static("personalaccesstoken");
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The service's answers are a tenth of this.
const MAX_BODY: usize = 64 * 1024;

/// The place where personal access tokens are exchanged.
pub struct Exchange {
    http: reqwest::Client,
    url: Url,
    regenerate: Url,
    audience: Vec<String>,
}

impl Exchange {
    /// `origin` must have been checked to be fit for secrets. Without audiences, the service
    /// chooses them. Each request takes at most `timeout`.
    pub fn new(mut origin: Url, audience: Vec<String>, timeout: Duration) -> Result<Self, Error> {
        let is_https = origin.scheme() == "https";
        let mut http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .https_only(is_https)
            .redirect(redirect::Policy::none())
            .timeout(timeout);
        if !is_https {
            // A proxy would read a secret that must not leave this machine.
            http = http.no_proxy();
        }
        let mut regenerate = origin.clone();
        regenerate.set_path(REGENERATE);
        origin.set_path(PATH);
        if !audience.is_empty() {
            let pairs = audience.iter().map(|audience| (AUDIENCE, audience));
            origin.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(Self {
            http: http.build().map_err(|error| Error::Tls(Arc::new(error)))?,
            url: origin,
            regenerate,
            audience,
        })
    }

    /// The address of the service, for people.
    pub fn service(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Asks once for a bearer token.
    pub async fn once(&self, token: &PersonalAccessToken) -> Result<Exchanged, Failed> {
        let request = self
            .http
            .get(self.url.clone())
            .header(HEADER, header(token)?);
        let mut response = request.send().await.map_err(network)?;
        let body = body(&mut response).await?;
        let exchanged = answer::read(response.status(), response.headers(), &body)?;
        audience::check(&self.audience, response.headers()).map_err(never)?;
        Ok(exchanged)
    }

    /// Asks once for the next secret of a token.
    pub async fn next(&self, token: &PersonalAccessToken) -> Result<PersonalAccessToken, Failed> {
        let request = self.http.post(self.regenerate.clone());
        let request = request.header(HEADER, header(token)?);
        let mut response = request.send().await.map_err(network)?;
        let body = body(&mut response).await?;
        answer::read_next(response.status(), response.headers(), &body)
    }
}

fn header(token: &PersonalAccessToken) -> Result<HeaderValue, Failed> {
    let secret = HeaderValue::from_str(token.expose());
    let mut secret = secret.map_err(|error| never(Error::unavailable(error)))?;
    secret.set_sensitive(true);
    Ok(secret)
}

async fn body(response: &mut Response) -> Result<Zeroizing<Vec<u8>>, Failed> {
    // The buffer never has to grow, so no copy of the token is left behind.
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
    while let Some(chunk) = response.chunk().await.map_err(network)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(never(Error::unavailable(BodyTooLarge)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn network(error: reqwest::Error) -> Failed {
    if error.is_connect() && is_of_tls(&error) {
        return never(Error::Tls(Arc::new(error)));
    }
    Failed {
        error: Error::unavailable(error),
        retry: Retry::Later,
    }
}

/// Whether the TLS handshake failed. rustls reports that as invalid data. Faults of the network
/// have other names.
fn is_of_tls(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        source = match cause.downcast_ref::<io::Error>() {
            Some(io) if io.kind() == io::ErrorKind::InvalidData => return true,
            // The wrapped error, which is not its source.
            Some(io) => io.get_ref().map(|wrapped| wrapped as &dyn error::Error),
            None => cause.source(),
        };
    }
    false
}

fn never(error: Error) -> Failed {
    Failed {
        error,
        retry: Retry::Never,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {MAX_BODY} bytes")]
struct BodyTooLarge;

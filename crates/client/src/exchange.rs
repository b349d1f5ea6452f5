//! The requests that this crate makes.

use std::time::Duration;

use ats_pat_token::PersonalAccessToken;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};

use crate::answer::{self, Exchanged, Failed};
use crate::audience;
use crate::error::Error;
use crate::transport::{Transport, never, secret_header};

const PATH: &str = "/api/personalaccesstoken/getAuthenticationToken";
const REGENERATE: &str = "/api/personalaccesstoken/self/regenerate";
const AUDIENCE: &str = "Audience";
const HEADER: HeaderName = HeaderName::from_static("personalaccesstoken");
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The service's answers are a tenth of this.
const MAX_BODY: usize = 64 * 1024;

/// The place where personal access tokens are exchanged.
pub struct Exchange {
    transport: Transport,
    url: Url,
    regenerate: Url,
    audience: Vec<String>,
}

impl Exchange {
    /// Without audiences, the service chooses them. Each request takes at most `timeout`.
    ///
    /// # Errors
    /// [`Error::Url`], [`Error::Tls`].
    pub fn new(service: &str, audience: Vec<String>, timeout: Duration) -> Result<Self, Error> {
        let transport = Transport::new(service, USER_AGENT, timeout)?;
        let mut url = transport.url(PATH);
        if !audience.is_empty() {
            let pairs = audience.iter().map(|audience| (AUDIENCE, audience));
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(Self {
            regenerate: transport.url(REGENERATE),
            transport,
            url,
            audience,
        })
    }

    /// The address of the service, for people.
    pub fn service(&self) -> String {
        self.transport.service()
    }

    /// Asks once for a bearer token.
    pub async fn once(&self, token: &PersonalAccessToken) -> Result<Exchanged, Failed> {
        let request = self.transport.request(Method::GET, self.url.clone());
        let request = request.header(HEADER, header(token)?);
        let answer = self.transport.ask(request, MAX_BODY).await?;
        let exchanged = answer::read(answer.status, &answer.headers, &answer.body)?;
        audience::check(&self.audience, &answer.headers).map_err(never)?;
        Ok(exchanged)
    }

    /// Asks once for the next secret of a token.
    pub async fn next(&self, token: &PersonalAccessToken) -> Result<PersonalAccessToken, Failed> {
        let request = self
            .transport
            .request(Method::POST, self.regenerate.clone());
        let request = request.header(HEADER, header(token)?);
        let answer = self.transport.ask(request, MAX_BODY).await?;
        answer::read_next(answer.status, &answer.headers, &answer.body)
    }
}

fn header(token: &PersonalAccessToken) -> Result<HeaderValue, Failed> {
    secret_header(token.expose()).map_err(never)
}

//! Requests to a provider: over TLS, bounded in length and in time, without redirects.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::BoxError;
use ats_pat_token::is_loopback;
use http::{Request, Response};
use reqwest::{Client, redirect};
use rustls_platform_verifier::BuilderVerifierExt;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};
use url::Url;

use crate::settings::{SettingError, is_secure};

/// The longest answer, in bytes. The longest real ones are ID tokens with hundreds of groups.
pub(crate) const MAX_ANSWER: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is not protected.
    #[error("the address is not https")]
    Insecure,
    /// It took too long.
    #[error("there was no answer in time")]
    TimedOut,
    /// The answer does not end.
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    /// There is no connection, or it broke before the answer ended.
    #[error("the connection failed")]
    Transport(#[source] BoxError),
}

impl FetchError {
    /// Its kind in traces.
    fn kind(&self) -> &'static str {
        match self {
            Self::Insecure => "insecure",
            Self::TimedOut => "timeout",
            Self::TooLong => "too_long",
            Self::Transport(_) => "transport",
        }
    }
}

/// Asks one provider over HTTP, and follows no redirect.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    client: Client,
    loopback_allowed: bool,
}

impl Fetch {
    /// Asks the provider of this issuer. No answer may take longer than `timeout`. Only a provider
    /// that is itself on this machine may name addresses without TLS, and only on this machine.
    pub(crate) fn new(issuer: &Url, timeout: Duration) -> Result<Self, SettingError> {
        let loopback_allowed = issuer.scheme() == "http";
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls().map_err(SettingError::HttpClient)?)
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ));
        if issuer.host_str().is_some_and(is_loopback) {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|error| SettingError::HttpClient(error.into()))?;
        Ok(Self {
            client,
            loopback_allowed,
        })
    }

    /// Whether the provider may name this address.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        is_secure(url, self.loopback_allowed)
    }

    /// Sends a request, and reads the answer to its end.
    pub(crate) async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let request: reqwest::Request = request.try_into().map_err(transport)?;
        if !self.allows(request.url()) {
            return Err(FetchError::Insecure);
        }
        let span = span(&request);
        let answered = self.execute(request).instrument(span.clone()).await;
        match &answered {
            Ok(response) => {
                let status = response.status();
                span.record("http.response.status_code", i64::from(status.as_u16()));
                if status.is_client_error() || status.is_server_error() {
                    span.record("otel.status_code", "ERROR");
                    span.record("error.type", status.as_str());
                }
            }
            Err(error) => {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", error.kind());
            }
        }
        answered
    }

    async fn execute(&self, request: reqwest::Request) -> Result<Response<Vec<u8>>, FetchError> {
        let mut answer = self.client.execute(request).await.map_err(transport)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(transport)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// The span of a request in traces. The address is left out except for the host, because the rest
/// may have a code or a token. The provider does not learn of the trace: it is another company's
/// business, and it could join what its users do.
fn span(request: &reqwest::Request) -> Span {
    let url = request.url();
    info_span!(
        "provider",
        "otel.kind" = "client",
        "otel.name" = request.method().as_str(),
        "otel.status_code" = Empty,
        "http.request.method" = request.method().as_str(),
        "server.address" = url.host_str(),
        "server.port" = url.port_or_known_default().map(i64::from),
        "http.response.status_code" = Empty,
        "error.type" = Empty,
    )
}

/// TLS as the databases have it: by rustls with ring, and with the certificates that the system
/// trusts.
fn tls() -> Result<rustls::ClientConfig, BoxError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(config)
}

/// The address goes with the error, and a code or a token may be in it.
fn transport(error: reqwest::Error) -> FetchError {
    if error.is_timeout() {
        FetchError::TimedOut
    } else {
        FetchError::Transport(error.without_url().into())
    }
}

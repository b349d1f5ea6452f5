//! The connection to the collector.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ats_pat_token::is_loopback;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use opentelemetry_http::{HttpClient, HttpError};
use reqwest::{Client, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use secrecy::ExposeSecret as _;
use tokio::runtime::{Builder, Runtime};

use crate::settings::{OpenError, TraceSettings};

/// How long the collector may take for one answer.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes. It only says how many spans were refused.
const MAX_ANSWER: usize = 64 * 1024;

/// Sends spans to the collector. The log tells when the collector goes away and when it comes back,
/// and not of each batch.
pub(crate) struct Collector {
    client: Client,
    headers: HeaderMap,
    /// The processor's thread has no runtime, and spans must not depend on those of requests.
    runtime: Runtime,
    is_away: AtomicBool,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}

impl Collector {
    pub(crate) fn open(settings: &TraceSettings) -> Result<Self, OpenError> {
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls(settings.ca_file.as_deref())?)
            .redirect(redirect::Policy::none())
            .timeout(ANSWER_TIMEOUT)
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ));
        if settings.endpoint.host_str().is_some_and(is_loopback) {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client
                .build()
                .map_err(|error| OpenError::Client(error.into()))?,
            headers: headers(settings)?,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(OpenError::Runtime)?,
            is_away: AtomicBool::new(false),
        })
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, reqwest::Error> {
        let (parts, body) = request.into_parts();
        let mut request = self.client.post(parts.uri.to_string()).body(body);
        if let Some(content_type) = parts.headers.get(header::CONTENT_TYPE) {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let mut answer = request.headers(self.headers.clone()).send().await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    /// Tells the first failure, and the end of the failures.
    fn tell(&self, answer: Result<StatusCode, &reqwest::Error>) {
        let failed = !matches!(answer, Ok(status) if status.is_success());
        if failed == self.is_away.swap(failed, Ordering::Relaxed) {
            return;
        }
        match answer {
            Ok(status) if !failed => {
                tracing::info!(%status, "the collector of traces takes them again");
            }
            Ok(status) => tracing::warn!(
                %status,
                "the collector refuses traces, which are lost until it takes them: check `traces-endpoint` and `traces-headers`"
            ),
            Err(error) => tracing::warn!(
                cause = causes(error),
                "the collector of traces can't be reached, and traces are lost until it can: check `traces-endpoint`"
            ),
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // Only the processor's thread waits here.
        let answer = self.runtime.block_on(self.send(request));
        let answer = answer.map_err(reqwest::Error::without_url);
        self.tell(answer.as_ref().map(Response::status));
        Ok(answer?)
    }
}

fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn headers(settings: &TraceSettings) -> Result<HeaderMap, OpenError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let refused = || OpenError::Header { name: name.clone() };
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| refused())?;
        value.set_sensitive(true);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// TLS with ring, as all connections of this service have it.
fn tls(authorities: Option<&Path>) -> Result<ClientConfig, OpenError> {
    let client = |error: rustls::Error| OpenError::Client(error.into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(client)?;
    let config = match authorities {
        Some(path) => config.with_root_certificates(roots(path)?),
        None => config.with_platform_verifier().map_err(client)?,
    };
    Ok(config.with_no_client_auth())
}

fn roots(path: &Path) -> Result<RootCertStore, OpenError> {
    let unusable = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Authorities {
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.into()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.into()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.into()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it has no certificate".into()));
    }
    Ok(roots)
}

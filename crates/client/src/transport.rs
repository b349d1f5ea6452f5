//! Requests that have a secret to one origin.

use std::error::{self, Error as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode, Url, redirect};
use zeroize::Zeroizing;

use crate::answer::Failed;
use crate::error::Error;
use crate::origin;
use crate::retry::Retry;

/// Where the buffer of a body begins. A body that has a secret fits, so the buffer never grows and
/// no copy of the secret is left behind.
const BUFFER: usize = 64 * 1024;

/// Sends requests that have a secret to the origin of a service: over https or within this machine,
/// without following a redirect, and through no proxy that reads the secret.
pub struct Transport {
    http: reqwest::Client,
    origin: Url,
}

/// An answer to a request.
pub struct Response {
    /// The HTTP status. A redirect is an answer like any other, because it is not followed.
    pub status: StatusCode,
    /// The headers, as the service sent them.
    pub headers: HeaderMap,
    /// The whole body. It is erased from memory when it is dropped, because it may have a secret.
    pub body: Zeroizing<Vec<u8>>,
}

impl Transport {
    /// For the service at an origin, such as `https://pat.example.com`. Each request takes at most
    /// `timeout`, if it says nothing else.
    ///
    /// # Errors
    /// [`Error::Url`] if the text is no `https` origin (`http` is for this machine only),
    /// [`Error::Tls`] if the system's certificates can't be read.
    pub fn new(service: &str, user_agent: &str, timeout: Duration) -> Result<Self, Error> {
        let origin = origin::parse(service)?;
        let is_https = origin.scheme() == "https";
        let mut http = reqwest::Client::builder()
            .user_agent(user_agent)
            .https_only(is_https)
            .redirect(redirect::Policy::none())
            .timeout(timeout);
        if !is_https {
            // A proxy would read a secret that must not leave this machine.
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build().map_err(|error| Error::Tls(Arc::new(error)))?,
            origin,
        })
    }

    /// The address of the service, for people.
    pub fn service(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    /// A path of the service, such as `/api/identity`.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }

    /// Begins a request for an address of [`Self::url`].
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Sends a request once. The answer's body may have `most` bytes.
    ///
    /// # Errors
    /// [`Error::Tls`], and [`Error::Unavailable`] for everything else that leaves no whole answer.
    #[cfg(feature = "transport")]
    pub async fn send(&self, request: RequestBuilder, most: usize) -> Result<Response, Error> {
        let sent = self.ask(request, most).await;
        sent.map_err(|failed| failed.error)
    }

    pub(crate) async fn ask(
        &self,
        request: RequestBuilder,
        most: usize,
    ) -> Result<Response, Failed> {
        let mut response = request.send().await.map_err(network)?;
        let mut body = Zeroizing::new(Vec::with_capacity(BUFFER));
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > most {
                return Err(never(Error::unavailable(BodyTooLarge { most })));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }
}

/// A header that no log shows.
///
/// # Errors
/// [`Error::Unavailable`] for a text that no header can have.
pub fn secret_header(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(Error::unavailable)?;
    value.set_sensitive(true);
    Ok(value)
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

/// A failure that another attempt would not cure.
pub(crate) fn never(error: Error) -> Failed {
    Failed {
        error,
        retry: Retry::Never,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {most} bytes")]
struct BodyTooLarge {
    most: usize,
}

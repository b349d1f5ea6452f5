//! The facts about the deployment that both halves of the site need.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ipnet::IpNet;
use poem::http::Uri;

use crate::tracer::Tracer;
use crate::traffic::Traffic;

/// The deployment as seen from HTTP. Cheap to clone.
#[derive(Clone)]
pub struct HttpSettings {
    inner: Arc<Inner>,
    tracer: Option<Arc<dyn Tracer>>,
}

struct Inner {
    origin: String,
    trusted_proxies: Vec<IpNet>,
    untrusted_forwards: AtomicU64,
    traffic: Traffic,
}

impl HttpSettings {
    /// The public URL is the address for people's browsers: scheme, host and, if it is not the
    /// scheme's default, port. Addresses in `trusted_proxies` may name the client that they forward
    /// for.
    ///
    /// # Errors
    /// [`NotAnOrigin`] if the URL has a path, a query, user information or another scheme.
    pub fn new(public_url: &str, trusted_proxies: Vec<IpNet>) -> Result<Self, NotAnOrigin> {
        let origin = origin(public_url).ok_or_else(|| NotAnOrigin {
            url: public_url.to_owned(),
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                origin,
                trusted_proxies,
                untrusted_forwards: AtomicU64::new(0),
                traffic: Traffic::new(),
            }),
            tracer: None,
        })
    }

    /// The same, with traces of requests.
    #[must_use]
    pub fn traced_by(self, tracer: Arc<dyn Tracer>) -> Self {
        Self {
            tracer: Some(tracer),
            ..self
        }
    }

    /// The public URL as browsers write it in `Origin` (RFC 6454, section 6.2).
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// Whether people reach the service over TLS.
    pub fn is_https(&self) -> bool {
        self.inner.origin.starts_with("https:")
    }

    /// The proxies that may name the client that they forward for.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        &self.inner.trusted_proxies
    }

    /// The requests so far, which both halves count.
    pub fn traffic(&self) -> &Traffic {
        &self.inner.traffic
    }

    /// What records the traces of requests, if anything does.
    pub fn tracer(&self) -> Option<&Arc<dyn Tracer>> {
        self.tracer.as_ref()
    }

    /// How many requests had a forwarding header of a peer that is no trusted proxy.
    pub fn untrusted_forwards(&self) -> u64 {
        self.inner.untrusted_forwards.load(Ordering::Relaxed)
    }

    /// Counts a request whose peer's forwarding header is not believed, and logs the first one. If
    /// the peer is the operator's proxy, all callers share its address, its limits and its
    /// networks.
    pub(crate) fn tell_of_untrusted(&self, peer: IpAddr) {
        let before = self
            .inner
            .untrusted_forwards
            .fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            tracing::warn!(
                %peer,
                "X-Forwarded-For of this peer is not believed, so its address counts as the caller's: if it is your \
                 proxy, set `trusted-proxies` to its address; if not, this is somebody else's attempt"
            );
        }
    }
}

/// The public URL is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the public URL {url} is not an origin: write it as https://pat.example.com or http://127.0.0.1:8080"
)]
pub struct NotAnOrigin {
    url: String,
}

fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?;
    if uri.path() != "/" && !uri.path().is_empty()
        || uri.query().is_some()
        || authority.as_str().contains('@')
    {
        return None;
    }
    let own_port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let host = authority.host().to_ascii_lowercase();
    match authority.port_u16() {
        Some(port) if port != own_port => Some(format!("{scheme}://{host}:{port}")),
        _ => Some(format!("{scheme}://{host}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_written_as_browsers_write_it() {
        for (url, written) in [
            ("https://Pat.Example.com", "https://pat.example.com"),
            ("https://pat.example.com:443/", "https://pat.example.com"),
            ("HTTP://localhost:80", "http://localhost"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(
                HttpSettings::new(url, Vec::new()).unwrap().origin(),
                written
            );
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for url in [
            "",
            "pat.example.com",
            "https://a/b",
            "https://a?b",
            "ftp://a",
            "https://me@a",
            "/x",
        ] {
            assert!(HttpSettings::new(url, Vec::new()).is_err(), "{url}");
        }
    }
}

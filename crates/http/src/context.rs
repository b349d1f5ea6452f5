//! The id, address and origin of a request while it is answered.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::EventId;
use ats_pat_domain::port::{Clock, Randomness};
use ats_pat_service::{Client, SystemClock, SystemRandomness};
use poem::http::{HeaderValue, header};
use poem::{Addr, Request};

use crate::client_address::{FORWARDED_FOR, client_address, is_trusted};
use crate::settings::HttpSettings;
use crate::traced::Traced;

/// The id and the origin of one request.
#[derive(Clone)]
pub struct RequestContext {
    arrived_at: Duration,
    request_id: RequestId,
    address: IpAddr,
    user_agent: Option<HeaderValue>,
    traced: Option<Arc<Traced>>,
}

impl RequestContext {
    /// Looks at a request that has just arrived. The service makes the id and never takes a
    /// client's, because the id is in the log.
    pub fn new(request: &Request, settings: &HttpSettings) -> Self {
        let peer = match &**request.remote_addr() {
            Addr::SocketAddr(address) => address.ip(),
            _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        let address = client_address(peer, request.headers(), settings.trusted_proxies());
        if address == peer.to_canonical()
            && request.headers().contains_key(FORWARDED_FOR)
            && !is_trusted(&address, settings.trusted_proxies())
        {
            settings.tell_of_untrusted(address);
        }
        Self {
            arrived_at: SystemClock.since_boot(),
            request_id: RequestId::next(),
            address,
            user_agent: request.headers().get(header::USER_AGENT).cloned(),
            traced: request.extensions().get().cloned(),
        }
    }

    /// When the request came, since boot.
    pub fn arrived_at(&self) -> Duration {
        self.arrived_at
    }

    /// The request's id: a UUID, in the header `X-Request-Id` of the answer and in the log.
    pub fn request_id(&self) -> &str {
        self.request_id.as_str()
    }

    /// The caller: its address and its user agent.
    pub fn client(&self) -> Client<'_> {
        Client {
            address: self.address,
            user_agent: self
                .user_agent
                .as_ref()
                .and_then(|agent| agent.to_str().ok()),
        }
    }

    /// The id of the trace that this request is recorded in.
    pub fn trace_id(&self) -> Option<&str> {
        self.traced.as_deref().map(Traced::trace_id)
    }

    pub(crate) fn traced(&self) -> Option<&Traced> {
        self.traced.as_deref()
    }

    /// The client's address; see [`client_address`].
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

/// A UUID of version 7 as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RequestId([u8; 36]);

thread_local! {
    /// The last id of one thread. The first is random, and the following count up from it. The id
    /// is not a secret.
    static LAST: Cell<Option<u128>> = const { Cell::new(None) };
}

impl RequestId {
    fn next() -> Self {
        let number = LAST.get().unwrap_or_else(start).wrapping_add(1);
        LAST.set(Some(number));
        let [_, _, _, _, _, _, lowest @ ..] = number.to_be_bytes();
        let mut text = [0; 36];
        let id = EventId::new(SystemClock.now(), lowest).as_uuid();
        id.hyphenated().encode_lower(&mut text);
        Self(text)
    }

    fn as_str(&self) -> &str {
        // `encode_lower` wrote it, and writes only ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// If there are no random bytes, the time and a count are used.
fn start() -> u128 {
    let mut random = [0; 16];
    let _ = SystemRandomness.fill(&mut random);
    u128::from_be_bytes(random)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_have_the_same_id() {
        let of_one_thread = || {
            let ids = (0..1000).map(|_| RequestId::next().as_str().to_owned());
            ids.collect::<Vec<_>>()
        };
        let threads = [(); 4].map(|()| std::thread::spawn(of_one_thread));
        let ids = threads.map(|thread| thread.join().unwrap()).concat();
        assert!(
            ids.iter()
                .all(|id| id.len() == 36 && id.as_bytes()[14] == b'7')
        );
        assert_eq!(HashSet::<String>::from_iter(ids).len(), 4000);
    }
}

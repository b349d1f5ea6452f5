//! What a request is known by while it is answered.

use std::net::{IpAddr, Ipv4Addr};

use ats_pat_domain::EventId;
use ats_pat_domain::port::{Clock, Randomness};
use ats_pat_service::{Client, SystemClock, SystemRandomness};
use poem::http::header;
use poem::{Addr, Request};

use crate::client_address::client_address;
use crate::settings::HttpSettings;

/// The id and the origin of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestContext {
    request_id: String,
    address: IpAddr,
    user_agent: Option<String>,
}

impl RequestContext {
    /// Looks at a request that has just come in. The id is our own, never a client's: it stands in the log.
    pub fn new(request: &Request, settings: &HttpSettings) -> Self {
        let peer = match &**request.remote_addr() {
            Addr::SocketAddr(address) => address.ip(),
            _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        Self {
            request_id: request_id(),
            address: client_address(peer, request.headers(), settings.trusted_proxies()),
            user_agent: request.header(header::USER_AGENT).map(ToOwned::to_owned),
        }
    }

    /// The request's id: a UUID, in the header `X-Request-Id` of the answer and in the log.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Who asks: the address, and what the program says of itself.
    pub fn client(&self) -> Client<'_> {
        Client {
            address: self.address,
            user_agent: self.user_agent.as_deref(),
        }
    }

    /// The client's address; see [`client_address`].
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

/// A UUID of version 7. Without random bytes the time alone has to do: the id is no secret.
fn request_id() -> String {
    let mut random = [0; 10];
    let _ = SystemRandomness.fill(&mut random);
    EventId::new(SystemClock.now(), random).to_string()
}

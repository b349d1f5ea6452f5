//! What connections may cost.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::client_address::is_trusted;

/// What connections may cost, and how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many are held at once. Where a further one comes, the one that was idle for longest is closed; where none is
    /// idle, the new one waits.
    pub connections: u32,
    /// How many of them one address may hold, or one /64 of IPv6. Where a further one comes, the one of them that was
    /// idle for longest is closed; where none is idle, the new one is closed.
    pub connections_per_address: u32,
    /// Whose connections only the limit of all counts: this machine's, and those of proxies, which hold theirs for many
    /// callers.
    pub excepted: Vec<IpNet>,
    /// How long a connection without a request is not yet idle: its first or next request may be on its way.
    pub idle_after: Duration,
    /// How long a request's headers may take from their first byte, or up to a quarter longer.
    pub header_timeout: Duration,
    /// For how long a connection is kept open without a request, or an answer that is being sent; up to twice as long.
    pub idle_timeout: Duration,
    /// For how long of an answer nothing is taken before it is broken off; it may take twice as long.
    pub write_timeout: Duration,
    /// For how long after shutdown began a connection takes one more request, whose answer ends it. A proxy that uses it
    /// meanwhile hears of its end, instead of sending a request to a connection that was just closed.
    pub parting_time: Duration,
    /// How long requests under way may take after shutdown began.
    pub shutdown_timeout: Duration,
}

impl Limits {
    /// This machine's own addresses.
    pub const LOOPBACK: [IpNet; 2] = [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
        IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    ];

    pub(super) fn excepts(&self, address: IpAddr) -> bool {
        is_trusted(&address.to_canonical(), &self.excepted)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 1024,
            excepted: Self::LOOPBACK.to_vec(),
            idle_after: Duration::from_secs(1),
            header_timeout: Duration::from_secs(15),
            // Longer than the 60 seconds after which nginx and most load balancers close an idle connection: where the
            // server is first, a request can be on its way to a connection that is closed.
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_mins(1),
            parting_time: Duration::from_millis(500),
            shutdown_timeout: Duration::from_secs(20),
        }
    }
}

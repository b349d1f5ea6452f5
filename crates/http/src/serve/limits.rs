//! The limits of connections.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::client_address::is_trusted;

/// How many connections there may be, and how long each may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The maximum number of connections. If another one comes, the one that was idle for longest
    /// is closed. If none is idle, the new one waits.
    pub connections: u32,
    /// How many of them one address may have, or one /64 of IPv6. If another one comes, the one of
    /// this address that was idle for longest is closed. If none is idle, the new one is closed.
    pub connections_per_address: u32,
    /// The addresses for which only the total limit counts: this machine's, and those of proxies,
    /// which serve many callers.
    pub excepted: Vec<IpNet>,
    /// How long a connection without a request doesn't count as idle, because its first or next
    /// request may be on its way.
    pub idle_after: Duration,
    /// How long a request's headers may take after their first byte. It can take up to a quarter
    /// longer.
    pub header_timeout: Duration,
    /// How long a connection stays open without a request and without an answer that is being sent.
    /// It can take up to twice as long.
    pub idle_timeout: Duration,
    /// How long a client may read nothing of an answer before the answer is broken off. It can take
    /// up to twice as long.
    pub write_timeout: Duration,
    /// How long a connection takes one more request after shutdown began. The answer to that
    /// request is its last. A proxy that uses the connection in this time is told that it ends, so
    /// it doesn't send a request to a connection that was just closed.
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
            // Longer than the 60 seconds after which nginx and most load balancers close an idle
            // connection. If the server closed first, a request could be on its way to a closed
            // connection.
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_mins(1),
            parting_time: Duration::from_millis(500),
            shutdown_timeout: Duration::from_secs(20),
        }
    }
}

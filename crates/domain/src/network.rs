//! The networks that a token may be used from.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use serde::Serialize;

use crate::validation::Reason;

/// An IPv4 address, or the /64 of an IPv6 address, which is what a provider gives one customer.
/// Limits for an address count by it, because the owner of a /64 has as many addresses as they
/// like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Neighbourhood(IpAddr);

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into()),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

impl fmt::Display for Neighbourhood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "{v4}"),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

/// The most networks of one token.
pub const MAX_NETWORKS: usize = 50;

/// The networks of one token in canonical form: 1 to 50, without duplicates.
///
/// A token without this list (`None`) may be used from anywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AllowedNetworks(Vec<IpNet>);

impl AllowedNetworks {
    /// Reads CIDRs and bare addresses (RFC 4632, RFC 4291). A bare address becomes a /32 or /128,
    /// host bits are cleared, and IPv4-mapped IPv6 becomes IPv4.
    ///
    /// # Errors
    /// [`Reason::Empty`] without a network, [`Reason::TooLong`] for more than 50,
    /// [`Reason::NotANetwork`] for anything else.
    pub fn parse(networks: &[String]) -> Result<Self, Reason> {
        if networks.is_empty() {
            return Err(Reason::Empty);
        }
        if networks.len() > MAX_NETWORKS {
            return Err(Reason::TooLong);
        }
        let mut parsed = Vec::with_capacity(networks.len());
        for network in networks {
            let network = parse_network(network).ok_or(Reason::NotANetwork)?;
            if !parsed.contains(&network) {
                parsed.push(network);
            }
        }
        Ok(Self(parsed))
    }

    /// Reads the stored, space-separated form. A part that can't be read allows nothing.
    pub fn from_stored(text: &str) -> Self {
        Self(
            text.split(' ')
                .filter_map(|network| network.parse().ok())
                .collect(),
        )
    }

    /// The space-separated form for storage.
    pub fn to_stored(&self) -> String {
        self.0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The networks in canonical form.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }

    /// Whether an address is in these networks and in `others`.
    pub fn meet(&self, others: &Self) -> bool {
        let overlap = |a: &IpNet, b: &IpNet| a.contains(&b.network()) || b.contains(&a.network());
        let mut pairs = self
            .0
            .iter()
            .flat_map(|one| others.0.iter().map(move |other| (one, other)));
        pairs.any(|(one, other)| overlap(one, other))
    }

    /// Whether `address` is in one of the networks. Treats an IPv4-mapped address as IPv4.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Reads one CIDR or bare address into its canonical form.
pub fn parse_network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    // `/08` is refused, because other programs read it as octal.
    let is_octal = |length: &str| length.len() > 1 && length.starts_with('0');
    if text
        .rsplit_once('/')
        .is_some_and(|(_, length)| is_octal(length))
    {
        return None;
    }
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse::<IpNet>().ok()?,
    };
    Some(unmapped(network).trunc())
}

/// Turns `::ffff:a.b.c.d/n` into IPv4 if the prefix reaches into the IPv4 part.
fn unmapped(network: IpNet) -> IpNet {
    if let IpNet::V6(v6) = network
        && v6.prefix_len() >= 96
        && let Some(v4) = v6.addr().to_ipv4_mapped()
        && let Ok(v4) = ipnet::Ipv4Net::new(v4, v6.prefix_len() - 96)
    {
        return IpNet::V4(v4);
    }
    network
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(networks: &[&str]) -> Result<String, Reason> {
        AllowedNetworks::parse(&networks.iter().map(ToString::to_string).collect::<Vec<_>>())
            .map(|n| n.to_stored())
    }

    #[test]
    fn networks_are_answered_in_canonical_form() {
        for (written, canonical) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("2001:DB8::1", "2001:db8::1/128"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(parse(&[written]).unwrap(), canonical);
        }
        assert_eq!(parse(&["10.0.0.1/8", "10.9.9.9/8"]).unwrap(), "10.0.0.0/8");
    }

    #[test]
    fn other_texts_are_refused() {
        for written in [
            "",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0",
            "010.0.0.1",
            "localhost",
            "10.0.0.0/8/8",
            "fe80::1%eth0",
            "::/129",
        ] {
            assert_eq!(parse(&[written]), Err(Reason::NotANetwork), "{written}");
        }
        assert_eq!(parse(&[]), Err(Reason::Empty));
        assert_eq!(
            AllowedNetworks::parse(&vec!["10.0.0.1".to_owned(); 51]),
            Err(Reason::TooLong)
        );
    }

    #[test]
    fn networks_meet_if_one_contains_the_other() {
        let networks = |networks: &[&str]| {
            let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
            AllowedNetworks::parse(&networks).unwrap()
        };
        let office = networks(&["10.0.0.0/8", "2001:db8::/32"]);
        for (others, meet) in [
            (&["10.1.0.0/16"][..], true),
            (&["0.0.0.0/0"], true),
            (&["192.0.2.0/24", "2001:db8::1"], true),
            (&["11.0.0.0/8", "::1"], false),
        ] {
            assert_eq!(office.meet(&networks(others)), meet, "{others:?}");
            assert_eq!(networks(others).meet(&office), meet, "{others:?}");
        }
    }

    #[test]
    fn mapped_addresses_compare_as_ipv4() {
        let networks = AllowedNetworks::parse(&["192.0.2.0/24".to_owned()]).unwrap();
        assert!(networks.contain("::ffff:192.0.2.200".parse().unwrap()));
        assert!(networks.contain("192.0.2.1".parse().unwrap()));
        assert!(!networks.contain("192.0.3.1".parse().unwrap()));
        assert!(!networks.contain("::1".parse().unwrap()));
    }
}

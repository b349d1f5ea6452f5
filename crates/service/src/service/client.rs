//! The client of a request.

use std::net::IpAddr;

/// The longest user agent that is stored, in Unicode scalar values.
const LONGEST: usize = 200;

/// The client of a request.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The client's IP address.
    pub address: IpAddr,
    /// The header `User-Agent`, as sent. It proves nothing, but people recognise their sessions by
    /// it.
    pub user_agent: Option<&'a str>,
}

impl From<IpAddr> for Client<'_> {
    fn from(address: IpAddr) -> Self {
        Self {
            address,
            user_agent: None,
        }
    }
}

impl Client<'_> {
    pub(crate) fn address_text(&self) -> String {
        self.address.to_canonical().to_string()
    }

    /// The user agent as it is stored: shortened, and without control characters. `None` if nothing
    /// is left.
    pub(crate) fn kept_user_agent(&self) -> Option<String> {
        let kept: String = self
            .user_agent?
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| kept.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_stored_as_one_short_line() {
        let kept = |user_agent| {
            let address = std::net::Ipv4Addr::LOCALHOST.into();
            Client {
                address,
                user_agent,
            }
            .kept_user_agent()
        };
        assert_eq!(kept(None), None);
        assert_eq!(kept(Some(" \r\n\u{7f}")), None);
        assert_eq!(
            kept(Some("Fire\r\nfox\u{85} 1")).as_deref(),
            Some("Firefox 1")
        );
        let long = format!("\0{}", "ä".repeat(201));
        assert_eq!(kept(Some(&long)), Some("ä".repeat(200)));
    }
}

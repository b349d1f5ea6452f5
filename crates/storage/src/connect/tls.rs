//! Which connections must be encrypted, with a verified certificate.

use std::net::IpAddr;

/// What a connection to a database server requires of TLS. SQLite has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Verified, except over a loopback address, the name `localhost` or a socket. For those the
    /// URL decides.
    #[default]
    BeyondThisMachine,
    /// Verified, except over a socket.
    Required,
    /// The URL decides, or the server if the URL says nothing. An attacker on the way can then read
    /// and change everything, and gets the password.
    Off,
}

/// How far away the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Socket,
    ThisMachine,
    Network,
}

impl Reach {
    /// Where `host` is: an address, a name, or the folder of a socket. A name is never resolved for
    /// this, because the server of the name could claim that it is this machine.
    pub fn of(host: &str, has_socket: bool) -> Self {
        if has_socket || host.starts_with('/') {
            return Self::Socket;
        }
        let address = without_brackets(host).parse::<IpAddr>();
        let is_loopback = address.is_ok_and(|address| address.to_canonical().is_loopback());
        if is_loopback || host.eq_ignore_ascii_case("localhost") {
            Self::ThisMachine
        } else {
            Self::Network
        }
    }
}

impl Tls {
    /// Whether a connection of this reach must be verified.
    pub fn must_verify(self, reach: Reach) -> bool {
        match self {
            Self::BeyondThisMachine => reach == Reach::Network,
            Self::Required => reach != Reach::Socket,
            Self::Off => false,
        }
    }
}

/// An IPv6 address as in certificates, without the brackets of URLs.
pub fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verified_tls_is_the_default_wherever_a_connection_may_leave_this_machine() {
        for (host, has_socket, verified) in [
            ("db.example.com", false, true),
            ("10.0.0.7", false, true),
            ("[2001:db8::1]", false, true),
            ("0.0.0.0", false, true),
            ("localhost.example.com", false, true),
            ("127.0.0.1.example.com", false, true),
            ("127.1", false, true),
            ("", false, true),
            ("localhost", false, false),
            ("LOCALHOST", false, false),
            ("127.0.0.1", false, false),
            ("127.9.9.9", false, false),
            ("[::1]", false, false),
            ("::ffff:127.0.0.1", false, false),
            ("/run/postgresql", false, false),
            ("db.example.com", true, false),
        ] {
            let reach = Reach::of(host, has_socket);
            let default = Tls::default().must_verify(reach);
            assert_eq!(default, verified, "{host}");
            assert!(!Tls::Off.must_verify(reach), "{host}");
        }
        assert!(Tls::Required.must_verify(Reach::of("127.0.0.1", false)));
        assert!(!Tls::Required.must_verify(Reach::of("/run/postgresql", false)));
    }
}

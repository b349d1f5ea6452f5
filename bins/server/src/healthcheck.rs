//! `healthcheck`: asks the server of these settings how it is, for containers and scripts.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ats_pat_program::Settings;

use crate::failure::Failure;

/// Asks the server that runs with the same settings whether it can do its work
///
/// The operations listener is asked, or without one the listener for callers. Exit code 0 is yes,
/// and 1 is no.
#[derive(clap::Args, Clone, Copy)]
pub struct Command {
    /// Asks only whether the server answers at all, as a probe that starts it again should
    #[arg(long)]
    live: bool,
    /// For how many seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

impl Command {
    #[tokio::main(flavor = "current_thread")]
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (address, setting) = match settings.operations_listen {
            Some(address) => (address, "operations-listen"),
            None => (settings.listen, "listen"),
        };
        if address.port() == 0 {
            return Err(Failure::AnyPort { setting });
        }
        let address = reachable(address);
        let path = if self.live { "live" } else { "ready" };
        let url = format!("http://{address}/health/{path}");
        let unanswered = |source| Failure::Unanswered { address, source };
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(self.timeout))
            .build()
            .map_err(unanswered)?;
        let answer = client.get(url).send().await.map_err(unanswered)?;
        let status = answer.status();
        let report = answer.text().await.map_err(unanswered)?;
        io::stdout()
            .lock()
            .write_all(report.as_bytes())
            .map_err(Failure::Output)?;
        if status.is_success() {
            Ok(())
        } else {
            Err(Failure::Unhealthy {
                address,
                status: status.as_u16(),
            })
        }
    }
}

/// A server that listens on all addresses also listens on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_asked_at_this_machine() {
        for (listens, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            let address: SocketAddr = listens.parse().unwrap();
            assert_eq!(reachable(address).to_string(), asked);
        }
    }
}

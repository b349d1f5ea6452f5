//! `healthcheck`: asks the server of these settings how it is, for containers and scripts.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ats_pat_program::Settings;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::Failure;

/// Far longer than the report of any server, in bytes.
const LONGEST: usize = 64 * 1024;

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
        let path = if self.live {
            "/health/live"
        } else {
            "/health/ready"
        };
        let patience = Duration::from_secs(self.timeout);
        let (status, report) = match tokio::time::timeout(patience, get(address, path)).await {
            Ok(answer) => answer.map_err(|source| Failure::Unanswered { address, source })?,
            Err(_) => return Err(Failure::Slow { address }),
        };
        io::stdout()
            .lock()
            .write_all(&report)
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

/// Asks without TLS, so images need no certificates for this.
async fn get(address: SocketAddr, path: &str) -> io::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(address).await?;
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // It ends with the process. What goes wrong is told to the request.
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, address.to_string())
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let answer = requests
        .send_request(request)
        .await
        .map_err(io::Error::other)?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    let body = body.map_err(io::Error::other)?;
    Ok((status, body.to_bytes()))
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

//! `healthcheck`: asks the server of these settings how it is, for containers and scripts.

use std::io::{self, Write as _};
use std::time::Duration;

use ats_pat_program::Settings;

use crate::ask::{get, reachable};
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

//! `doctor`: what is wrong with this installation, and what to do.

use std::io::{self, Write as _};
use std::time::Duration;

use ats_pat_program::{Finding, Settings, Verdict, examine, visible};

use crate::ask::{get, reachable};
use crate::failure::Failure;
use crate::libraries::SIGNATURES;

/// The count of requests whose `X-Forwarded-For` was not believed, in the metrics.
const UNTRUSTED_FORWARDS: &str = "ats_pat_untrusted_forwards_total ";
/// How long a running server may take to tell its metrics.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says what is wrong with this installation, and what to do
///
/// It looks at everything that the server uses. It changes nothing but the one row that every
/// server writes to see that the database keeps it. A server may run meanwhile. Exit code 1 means
/// that something is failing.
#[derive(clap::Args, Clone, Copy)]
pub struct Command {
    /// Warnings count as failures, too
    #[arg(long)]
    strict: bool,
}

impl Command {
    #[tokio::main(flavor = "current_thread")]
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let public_url = settings.public_url_at(settings.listen);
        let mut findings = examine(settings, &public_url, SIGNATURES).await;
        findings.push(proxies(settings).await);
        let lines: String = findings.iter().map(line).collect();
        io::stdout()
            .lock()
            .write_all(lines.as_bytes())
            .map_err(Failure::Output)?;
        let tolerated = if self.strict {
            Verdict::Good
        } else {
            Verdict::Warning
        };
        let wrong = findings.iter().filter(|it| it.verdict > tolerated).count();
        if wrong == 0 {
            Ok(())
        } else {
            Err(Failure::Findings { wrong })
        }
    }
}

/// Whether somebody whose forwarding header is not believed sent one. Only a running server knows,
/// and tells it at its operations listener.
async fn proxies(settings: &Settings) -> Finding {
    let (verdict, message) = match untrusted_forwards(settings).await {
        Ok(0) => (
            Verdict::Good,
            "since its start, the server got no X-Forwarded-For that it does not believe"
                .to_owned(),
        ),
        Ok(count) => (
            Verdict::Warning,
            format!(
                "since its start, the server got {count} requests with X-Forwarded-For of a peer that is not in \
                 `trusted-proxies`, so the peer's address counted as the caller's: the log names the first peer; if it \
                 is your proxy, set `trusted-proxies` to its address; if not, let only the proxy reach `listen`"
            ),
        ),
        Err(why) => (
            Verdict::Good,
            format!(
                "nothing is known of forwarding headers, because {why}; the log of a server names the first peer \
                 whose X-Forwarded-For it does not believe"
            ),
        ),
    };
    Finding {
        check: "proxies",
        verdict,
        message,
    }
}

/// What the running server counted, or why that is not known.
async fn untrusted_forwards(settings: &Settings) -> Result<u64, String> {
    let address = settings
        .operations_listen
        .filter(|address| address.port() != 0)
        .ok_or("`operations-listen` names no port")?;
    let address = reachable(address);
    let answer = tokio::time::timeout(PATIENCE, get(address, "/metrics")).await;
    let (_, metrics) = answer
        .map_err(|_| format!("{address} does not answer in time"))?
        .map_err(|_| format!("no server answers on {address}"))?;
    let metrics = String::from_utf8_lossy(&metrics);
    let counted = metrics
        .lines()
        .find_map(|line| line.strip_prefix(UNTRUSTED_FORWARDS));
    counted
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| format!("the server on {address} does not tell"))
}

fn line(finding: &Finding) -> String {
    let verdict = match finding.verdict {
        Verdict::Good => "ok",
        Verdict::Warning => "warning",
        Verdict::Failing => "failing",
    };
    format!(
        "{verdict:<8} {}: {}\n",
        finding.check,
        visible(&finding.message)
    )
}

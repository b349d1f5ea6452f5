//! Tries one token at one replica, again and again.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use time::OffsetDateTime;

use crate::clock::now;
use crate::http::{Connection, Request};

/// How long a token is tried after the acknowledgement of its revocation.
const WATCH: Duration = Duration::from_millis(300);
/// The pause between an answer and the next request. It is far shorter than the measured times, and
/// long enough that the probes are not most of the load.
const PAUSE: Duration = Duration::from_millis(1);
/// A revocation takes no longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A probe on a thread of its own.
pub struct Probe {
    accepted: Arc<AtomicUsize>,
    thread: JoinHandle<Result<Seen>>,
}

/// The answers of a replica.
pub struct Seen {
    /// When the first refusal arrived, by the clock that the servers use.
    pub refused: OffsetDateTime,
    /// How many requests that began after the acknowledgement were accepted.
    pub violations: usize,
    /// How many answers were neither a token nor a refusal.
    pub unavailable: usize,
}

impl Probe {
    /// Starts it. `acknowledged` is set when the revocation is acknowledged.
    pub fn start(at: SocketAddr, exchange: Request, acknowledged: Arc<OnceLock<Instant>>) -> Self {
        let accepted = Arc::new(AtomicUsize::new(0));
        Self {
            accepted: Arc::clone(&accepted),
            thread: thread::spawn(move || watch(at, &exchange, &accepted, &acknowledged)),
        }
    }

    /// Waits until the replica has accepted the token a few times, so that the token is in its
    /// cache if it has one.
    pub fn warm(&self) -> Result<()> {
        let begun = now();
        while self.accepted.load(Ordering::Relaxed) < 5 {
            if self.thread.is_finished() || now() - begun > PATIENCE {
                bail!("a replica does not accept a token that holds");
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// The results, after the probe has watched long enough.
    pub fn seen(self) -> Result<Seen> {
        self.thread.join().map_err(|_| anyhow!("a probe died"))?
    }
}

fn watch(
    at: SocketAddr,
    exchange: &Request,
    accepted: &AtomicUsize,
    acknowledged: &OnceLock<Instant>,
) -> Result<Seen> {
    let mut connection = Connection::open(at)?;
    let started = now();
    let mut refused = None;
    let mut begins_of_accepted = Vec::new();
    let mut unavailable = 0;
    let acknowledged = loop {
        let begun = now();
        if let Some(at) = acknowledged.get().filter(|at| begun > **at + WATCH) {
            break *at;
        }
        if begun > started + PATIENCE {
            bail!("a revocation took longer than {} s", PATIENCE.as_secs());
        }
        match connection.send(exchange)?.status {
            200 => {
                accepted.fetch_add(1, Ordering::Relaxed);
                begins_of_accepted.push(begun);
            }
            401 => refused = refused.or_else(|| Some(OffsetDateTime::now_utc())),
            503 => unavailable += 1,
            other => bail!("an exchange was answered {other}"),
        }
        thread::sleep(PAUSE);
    };
    let violations = begins_of_accepted
        .iter()
        .filter(|begun| **begun > acknowledged);
    Ok(Seen {
        refused: refused.context("a revoked token was never refused")?,
        violations: violations.count(),
        unavailable,
    })
}

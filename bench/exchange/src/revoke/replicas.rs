//! Three replicas on one PostgreSQL, all under load. Tokens are revoked one after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::probe::Probe;
use crate::clock::now;
use crate::figure::{Bound, Figure, Figures};
use crate::http::{Connection, Request};
use crate::latency::Latencies;
use crate::place::Place;
use crate::program::Program;
use crate::service::{Cache, Installation, Issued, Person};
use crate::signals::Signals;

const REPLICAS: usize = 3;
/// The callers that use other tokens at each replica in the meantime, and their pause between two
/// requests.
const CALLERS: usize = 2;
const REST: Duration = Duration::from_millis(1);
/// The tokens that they use, which are not revoked.
const BYSTANDERS: usize = 300;
/// The highest allowed p99 of the first refusal, in milliseconds.
const SEEN_MS: f64 = 100.0;

/// The replicas, and a person who is signed in at each.
pub struct Replicas {
    replicas: Vec<(Program, Person)>,
    _installations: Vec<Installation>,
}

impl Replicas {
    /// Starts them on this database. They share one core.
    pub fn start(place: &Place, url: &str) -> Result<Self> {
        let first = Installation::temporary(&place.programs, &place.data(), Some(url))?;
        // The first server makes the keys, and the others get its master key.
        Person::add(&first, "ada")?;
        let mut installations = vec![first];
        for _ in 1..REPLICAS {
            let other = Installation::temporary(&place.programs, &place.data(), Some(url))?;
            other.share_master_key(&installations[0])?;
            installations.push(other);
        }
        let replicas = installations
            .iter()
            .map(|installation| {
                let program = installation.start(Cache::Default, place.cores)?;
                let person = Person::sign_in("ada", program.address())?;
                Ok((program, person))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            replicas,
            _installations: installations,
        })
    }

    /// Revokes this many tokens. Each is tried at every replica from before its revocation until
    /// after it.
    pub fn measure(
        mut self,
        revocations: usize,
        figures: &mut Figures,
        signals: &Signals,
    ) -> Result<()> {
        let bystanders = self.tokens("bystander", BYSTANDERS)?;
        let revoked = self.tokens("revoked", revocations)?;
        let load = self.load(&bystanders);
        let mut seen_after = Latencies::new()?;
        let mut acknowledged_after = Latencies::new()?;
        let (mut violations, mut unavailable) = (0, 0);
        for (number, issued) in revoked.iter().enumerate() {
            signals.check()?;
            let acknowledgement = Arc::new(OnceLock::new());
            let probes: Vec<_> = self
                .replicas
                .iter()
                .map(|(program, _)| {
                    let at = program.address();
                    Probe::start(at, issued.token.exchange(at), Arc::clone(&acknowledgement))
                })
                .collect();
            probes.iter().try_for_each(Probe::warm)?;
            let (_, person) = &mut self.replicas[number % REPLICAS];
            let sent = now();
            let revoked = person.revoke(&issued.id)?;
            let acknowledged = *acknowledgement.get_or_init(now);
            acknowledged_after.record(acknowledged - sent)?;
            for probe in probes {
                let seen = probe.seen()?;
                // It is below zero if the clock was set in the meantime.
                let late = Duration::try_from(seen.refused - revoked).unwrap_or_default();
                seen_after.record(late)?;
                violations += seen.violations;
                unavailable += seen.unavailable;
            }
        }
        let exchanges = load.stop()?;
        figures.figures.extend(told(
            &seen_after,
            &acknowledged_after,
            [violations, unavailable],
        ));
        figures.notes.push(format!(
            "{revocations} revocations at {REPLICAS} replicas on PostgreSQL, {exchanges} exchanges of other tokens meanwhile; the time of a revocation is read once its transaction holds the event log, so that what is told is longer than the time from its commit, by what the transaction took from then on"
        ));
        Ok(())
    }

    fn tokens(&mut self, name: &str, count: usize) -> Result<Vec<Issued>> {
        let (_, person) = self.replicas.first_mut().context("no replicas")?;
        (0..count)
            .map(|number| person.create(&format!("{name} {number}")))
            .collect()
    }

    fn load(&self, tokens: &[Issued]) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let callers = self.replicas.iter().flat_map(|(program, _)| {
            let at = program.address();
            let stop = &stop;
            (0..CALLERS).map(move |_| {
                let requests: Vec<_> = tokens.iter().map(|one| one.token.exchange(at)).collect();
                let stop = Arc::clone(stop);
                let connection = Connection::open(at);
                thread::spawn(move || call(connection?, &requests, &stop))
            })
        });
        Load {
            callers: callers.collect(),
            stop,
        }
    }
}

/// Exchanges that go on during the measurement. They end when this is dropped.
struct Load {
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<Result<u64>>>,
}

impl Load {
    /// How many exchanges there were. A failed one fails the run, because these tokens were not
    /// revoked.
    fn stop(mut self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let mut exchanges = 0;
        for caller in std::mem::take(&mut self.callers) {
            exchanges += caller.join().map_err(|_| anyhow!("a caller died"))??;
        }
        Ok(exchanges)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn call(mut connection: Connection, requests: &[Request], stop: &AtomicBool) -> Result<u64> {
    let mut exchanges = 0;
    for request in requests.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match connection.send(request)?.status {
            200 => exchanges += 1,
            other => bail!("a token that nobody revoked was answered {other}"),
        }
        thread::sleep(REST);
    }
    Ok(exchanges)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn told(
    seen_after: &Latencies,
    acknowledged_after: &Latencies,
    [violations, unavailable]: [usize; 2],
) -> Vec<Figure> {
    let [p50, p99, longest] = seen_after.figures("revoked to refused by a replica");
    let mut figures = vec![p50, p99.must_be(Bound::AtMost(SEEN_MS)), longest];
    figures.extend(acknowledged_after.figures("revocation sent to acknowledged"));
    let violations = Figure::new(
        "accepted although they began after the acknowledgement",
        violations as f64,
        "",
    );
    figures.push(violations.must_be(Bound::AtMost(0.0)));
    let unavailable = Figure::new("answered 503 meanwhile", unavailable as f64, "");
    figures.push(unavailable);
    figures
}

//! The load: clients that change things and remember every answer, and watchers of ended secrets.

mod account;
mod audit;
mod ended;
mod person;
mod verdict;
mod worker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Result, anyhow};
use fastrand::Rng;
use hdrhistogram::Histogram;

use self::ended::Ended;
pub use self::person::{FIRST_PASSWORD, Person, exchange, made};
pub use self::worker::Shared;
use self::worker::Worker;
use crate::installation::Installation;
use crate::tally::Tally;

/// Threads that try ended secrets at each server.
const WATCHERS: usize = 2;

/// All clients of a run.
pub struct Load {
    workers: Vec<Worker>,
    shared: Arc<Shared>,
    servers: Vec<SocketAddr>,
    rng: Rng,
}

impl Load {
    /// Adds the users, `clients` for each of the installations. All installations use one database.
    pub fn new(installations: &[Arc<Installation>], clients: usize, mut rng: Rng) -> Result<Self> {
        let shared = Arc::new(Shared {
            tally: Tally::default(),
            ended: Ended::default(),
        });
        let mut workers = Vec::new();
        for number in 0..clients * installations.len() {
            let installation = &installations[number % installations.len()];
            let name = format!("client-{number}");
            add_user(installation, &name)?;
            workers.push(Worker::new(name, installation, &shared, rng.fork())?);
        }
        Ok(Self {
            workers,
            shared,
            servers: installations.iter().map(|one| one.address()).collect(),
            rng,
        })
    }

    /// The counts of the load so far.
    pub fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    /// Lets the clients work while `meanwhile` runs.
    pub fn run<T>(&mut self, meanwhile: impl FnOnce(&Tally) -> Result<T>) -> Result<T> {
        let stop = AtomicBool::new(false);
        let Self {
            workers,
            shared,
            servers,
            rng,
        } = self;
        thread::scope(|scope| {
            let running: Vec<_> = workers
                .iter_mut()
                .map(|worker| scope.spawn(|| worker.run(&stop)))
                .collect();
            // Separate threads for each server, so that a server that doesn't answer doesn't block
            // the requests to the others.
            for server in servers.iter().flat_map(|server| [*server; WATCHERS]) {
                let rng = rng.fork();
                let (shared, stop) = (&*shared, &stop);
                scope.spawn(move || shared.ended.watch(server, stop, &shared.tally, rng));
            }
            let outcome = meanwhile(&shared.tally);
            stop.store(true, Ordering::Relaxed);
            for worker in running {
                worker.join().map_err(|_| anyhow!("a client died"))??;
            }
            outcome
        })
    }

    /// Compares the clients' knowledge with the servers' answers.
    pub fn audit(&mut self, all: bool) -> Result<()> {
        let Self {
            workers, servers, ..
        } = self;
        thread::scope(|scope| {
            let running: Vec<_> = workers
                .iter_mut()
                .map(|worker| scope.spawn(|| worker.audit(all, servers)))
                .collect();
            for worker in running {
                worker.join().map_err(|_| anyhow!("an audit died"))??;
            }
            Ok(())
        })
    }

    /// How many tokens the clients know to exist.
    pub fn known_tokens(&self) -> usize {
        self.workers.iter().map(Worker::known).sum()
    }

    /// How long changes took, in microseconds.
    pub fn latencies(&self) -> Result<Histogram<u64>> {
        let mut all = Histogram::new(3)?;
        for worker in &self.workers {
            all.add(&worker.latencies)?;
        }
        Ok(all)
    }
}

/// Adds a user with the first password.
pub fn add_user(installation: &Installation, name: &str) -> Result<()> {
    let add = ["user", "add", name, "--password-stdin"];
    installation
        .admin(&add, &format!("{FIRST_PASSWORD}\n"))
        .map(drop)
}

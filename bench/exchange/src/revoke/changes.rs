//! How many changes a client makes in a second.

use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};

use crate::clock::now;
use crate::figure::Figure;
use crate::latency::Latencies;
use crate::program::Program;
use crate::service::Person;

/// The changes that a client makes to its tokens, one after the other.
#[derive(Clone, Copy)]
enum Kind {
    Create,
    Regenerate,
    Revoke,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Create, Self::Regenerate, Self::Revoke];

    const fn text(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Regenerate => "regenerate",
            Self::Revoke => "revoke",
        }
    }
}

/// A client that makes changes, and the ids of the tokens that it has made so far.
struct Client {
    number: usize,
    person: Person,
    tokens: Vec<String>,
}

/// Measures this many clients, all with sessions of one user. Each kind of change goes on for this
/// long, or until there is no token left to revoke.
pub fn measure(
    program: &Program,
    user: &str,
    clients: usize,
    length: Duration,
    database: &str,
) -> Result<Vec<Figure>> {
    let mut all = sign_in(program, user, clients)?;
    let mut figures = Vec::new();
    for kind in Kind::ALL {
        let (latencies, elapsed) = change(&mut all, kind, length)?;
        let name = format!("{}, {clients} clients, {database}", kind.text());
        figures.push(Figure::new(
            &name,
            per_second(latencies.count(), elapsed),
            "/s",
        ));
        figures.extend(latencies.figures(&name));
    }
    Ok(figures)
}

/// How many tokens this many clients of one user create in a second.
pub fn created_per_second(
    program: &Program,
    user: &str,
    clients: usize,
    length: Duration,
) -> Result<f64> {
    let mut all = sign_in(program, user, clients)?;
    let (latencies, elapsed) = change(&mut all, Kind::Create, length)?;
    Ok(per_second(latencies.count(), elapsed))
}

fn sign_in(program: &Program, user: &str, clients: usize) -> Result<Vec<Client>> {
    (0..clients)
        .map(|number| {
            Ok(Client {
                number,
                person: Person::sign_in(user, program.address())?,
                tokens: Vec::new(),
            })
        })
        .collect()
}

/// All clients make one kind of change at once. Returns how long each took, and the total time.
fn change(all: &mut [Client], kind: Kind, length: Duration) -> Result<(Latencies, Duration)> {
    let begun = now();
    let done = thread::scope(|scope| {
        let threads: Vec<_> = all
            .iter_mut()
            .map(|client| scope.spawn(move || client.change(kind, length)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a client died"))?)
            .collect::<Result<Vec<_>>>()
    })?;
    let elapsed = now() - begun;
    let mut latencies = Latencies::new()?;
    for client in &done {
        latencies.add(client)?;
    }
    ensure!(latencies.count() > 0, "nothing was changed");
    Ok((latencies, elapsed))
}

impl Client {
    fn change(&mut self, kind: Kind, length: Duration) -> Result<Latencies> {
        let end = now() + length;
        let mut latencies = Latencies::new()?;
        for turn in 0.. {
            let begun = now();
            if begun >= end {
                break;
            }
            match kind {
                Kind::Create => {
                    let name = format!("token {turn} of client {}", self.number);
                    self.tokens.push(self.person.create(&name)?.id);
                }
                Kind::Regenerate => {
                    let token = &self.tokens[turn % self.tokens.len()];
                    self.person.regenerate(token)?;
                }
                Kind::Revoke => {
                    let Some(token) = self.tokens.pop() else {
                        break;
                    };
                    self.person.revoke(&token)?;
                }
            }
            latencies.record(now() - begun)?;
        }
        Ok(latencies)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

//! The load: many connections on one thread, each with one request under way.
//!
//! A seeded generator chooses from the prepared requests. Every answer has to be a 2xx, or the run
//! fails.

mod connection;
mod schedule;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use mio::{Events, Poll, Token};

use crate::clock::now;
use crate::http::Request;
use crate::latency::Latencies;
use connection::Connection;
use schedule::Schedule;

/// The run fails after this time without any answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// When requests are sent.
#[derive(Clone, Copy)]
pub enum Pace {
    /// Each connection sends its next request as soon as it has the last answer. This gives the
    /// highest rate.
    Peak,
    /// At a rate per second, whether or not the earlier requests were answered. A latency counts
    /// from the time at which its request was due. A request that found every connection busy has
    /// waited since then, so a stall of the program shows in every request that it delayed.
    Rate(f64),
}

/// Connections to one program.
pub struct Load<'a> {
    requests: &'a [Request],
    connections: Vec<Connection>,
    poll: Poll,
    random: Rng,
}

/// The results of a load.
pub struct Measured {
    /// How many requests were answered.
    pub requests: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// For how long of that time the load itself did not run, if it has a rate.
    pub away: Duration,
    pub latencies: Latencies,
}

impl Measured {
    /// How many requests were answered in a second.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }
}

impl<'a> Load<'a> {
    /// Opens this many connections. `seed` decides the order of the requests.
    pub fn connect(
        to: SocketAddr,
        connections: usize,
        requests: &'a [Request],
        seed: u64,
    ) -> Result<Self> {
        if requests.is_empty() {
            bail!("no requests to send");
        }
        let poll = Poll::new()?;
        let connections = (0..connections)
            .map(|number| Connection::open(to, &poll, Token(number)))
            .collect::<Result<_>>()?;
        Ok(Self {
            requests,
            connections,
            poll,
            random: Rng::with_seed(seed),
        })
    }

    /// Sends requests for this long, and waits for the answers to all of them.
    pub fn run(&mut self, pace: Pace, length: Duration) -> Result<Measured> {
        match pace {
            Pace::Peak => self.saturate(length),
            Pace::Rate(rate) => self.send_at(rate, length, now),
        }
    }

    /// Sends every request once, in their order.
    pub fn sweep(&mut self) -> Result<Measured> {
        let mut order = 0..self.requests.len();
        self.keep_busy(|_, _| order.next())
    }

    fn saturate(&mut self, length: Duration) -> Result<Measured> {
        let end = now() + length;
        let count = self.requests.len();
        self.keep_busy(|random, time| (time < end).then(|| random.usize(..count)))
    }

    /// Each connection sends its next request when it has its answer, until there are no more
    /// requests.
    fn keep_busy(
        &mut self,
        mut next: impl FnMut(&mut Rng, Instant) -> Option<usize>,
    ) -> Result<Measured> {
        let mut tally = Tally::begin(now())?;
        let mut under_way = 0;
        for connection in &mut self.connections {
            let Some(request) = next(&mut self.random, tally.begun) else {
                break;
            };
            connection.send(&self.requests[request], tally.begun)?;
            under_way += 1;
        }
        let mut events = Events::with_capacity(self.connections.len());
        while under_way > 0 {
            self.look(&mut events)?;
            if events.is_empty() && now().saturating_duration_since(tally.last) > PATIENCE {
                bail!("no answer within {} s", PATIENCE.as_secs());
            }
            for event in &events {
                let number = event.token().0;
                if self.connections[number].receive()? {
                    let answered = now();
                    tally.count(self.connections[number].meant_for, answered)?;
                    match next(&mut self.random, answered) {
                        Some(request) => {
                            let request = &self.requests[request];
                            self.connections[number].send(request, answered)?;
                        }
                        None => under_way -= 1,
                    }
                }
            }
        }
        Ok(tally.end())
    }

    fn send_at(
        &mut self,
        rate: f64,
        length: Duration,
        clock: impl Fn() -> Instant,
    ) -> Result<Measured> {
        let mut tally = Tally::begin(clock())?;
        let mut schedule = Schedule::new(tally.begun, rate, length);
        let mut idle: Vec<usize> = (0..self.connections.len()).collect();
        let mut last_answer = tally.begun;
        let mut events = Events::with_capacity(self.connections.len());
        while !schedule.is_over() || idle.len() < self.connections.len() {
            let time = clock();
            schedule.see(time);
            while let Some(due) = schedule.due() {
                let Some(number) = idle.pop() else { break };
                let request = self.random.usize(..self.requests.len());
                self.connections[number].send(&self.requests[request], due)?;
                schedule.sent();
            }
            self.look(&mut events)?;
            for event in &events {
                let number = event.token().0;
                if self.connections[number].receive()? {
                    last_answer = clock();
                    tally.count(self.connections[number].meant_for, last_answer)?;
                    idle.push(number);
                }
            }
            if time.saturating_duration_since(last_answer) > PATIENCE {
                bail!("no answer within {} s", PATIENCE.as_secs());
            }
        }
        tally.away = schedule.away();
        Ok(tally.end())
    }

    /// Checks whether answers have arrived. It never sleeps. Waking another core up would cost the
    /// measured program as much as its work, and the system's timers are too coarse for a rate. If
    /// a database shares the core, this lets it run.
    fn look(&mut self, events: &mut Events) -> Result<()> {
        match self.poll.poll(events, Some(Duration::ZERO)) {
            // A signal. The caller checks for it between the runs.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => outcome.context("cannot wait for answers")?,
        }
        if events.is_empty() {
            std::thread::yield_now();
        }
        Ok(())
    }
}

struct Tally {
    begun: Instant,
    last: Instant,
    away: Duration,
    latencies: Latencies,
}

impl Tally {
    fn begin(begun: Instant) -> Result<Self> {
        Ok(Self {
            begun,
            last: begun,
            away: Duration::ZERO,
            latencies: Latencies::new()?,
        })
    }

    fn count(&mut self, meant_for: Instant, answered: Instant) -> Result<()> {
        self.last = answered;
        self.latencies
            .record(answered.saturating_duration_since(meant_for))
    }

    fn end(self) -> Measured {
        Measured {
            requests: self.latencies.count(),
            elapsed: self.last - self.begun,
            away: self.away,
            latencies: self.latencies,
        }
    }
}

#[cfg(test)]
mod tests;

//! The people who sign in, each twice: first as somebody whom the service does not know.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hdrhistogram::Histogram;
use parking_lot::Mutex;

use super::provider::{NAME, code};
use crate::clock::now;
use crate::figures::milliseconds;
use crate::http::{Answer, Caller, Reply, expect};
use crate::report::Trial;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// How many sign in at once at most. More wait only if the service is too slow.
const AT_ONCE: usize = 32;
/// How often each signs in.
const TIMES: u64 = 2;

/// Everybody, and how long it took.
pub struct People<'a> {
    server: SocketAddr,
    sign_ins: u64,
    tally: &'a Tally,
    next: AtomicU64,
    took: Mutex<Option<Duration>>,
    /// How long each sign-in took, in microseconds.
    times: Mutex<Vec<u64>>,
}

impl<'a> People<'a> {
    /// As many as it takes for so many sign-ins.
    pub fn new(server: SocketAddr, sign_ins: u64, tally: &'a Tally) -> Self {
        Self {
            server,
            sign_ins: sign_ins / TIMES * TIMES,
            tally,
            next: AtomicU64::new(0),
            took: Mutex::new(None),
            times: Mutex::new(Vec::new()),
        }
    }

    /// How many they are.
    pub fn many(&self) -> u64 {
        self.sign_ins / TIMES
    }

    /// Lets them sign in one after the other, evenly over this time.
    pub fn sign_in_within(&self, length: Duration, signals: &Signals) -> Result<()> {
        let begun = now();
        // The last one has time for it, too.
        let even = length.mul_f64(0.98) / u32::try_from(self.sign_ins)?.max(1);
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while signals.check().is_ok() {
                        let number = self.next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.sign_ins {
                            return;
                        }
                        let at = even * u32::try_from(number).unwrap_or(u32::MAX);
                        thread::sleep(at.saturating_sub(now() - begun));
                        self.count(number);
                    }
                });
            }
        });
        *self.took.lock() = Some(now() - begun);
        signals.check()
    }

    fn count(&self, number: u64) {
        let begun = now();
        match self.sign_in(number) {
            Ok(()) => {
                self.tally.add(Count::Acknowledged);
                let micros = u64::try_from((now() - begun).as_micros()).unwrap_or(u64::MAX);
                self.times.lock().push(micros);
            }
            Err(error) => {
                let text = format!("sign-in {number} failed: {error:#}");
                self.tally.violation(Count::Unexpected, &text);
            }
        }
    }

    /// Follows the redirects as a browser does, from an address of its own. The provider lets
    /// everybody in at once.
    fn sign_in(&self, number: u64) -> Result<()> {
        let person = number % self.many();
        let [.., high, low] = person.to_be_bytes();
        let mut caller = Caller::from(Ipv4Addr::new(127, 79, high, low), self.server);
        let begun = redirect(caller.get(&format!("/signin/{NAME}"), &[]))?;
        let address = begun.location.context("no way to the provider")?;
        let [state, nonce] = ["state", "nonce"].map(|name| parameter(&address, name));
        let (state, nonce) = (state.context("no state")?, nonce.context("no nonce")?);
        let code = code(person, nonce);
        let path = format!("/signin/{NAME}/callback?code={code}&state={state}");
        let flow = begun.cookie.context("no cookie")?;
        let back = redirect(caller.get(&path, &[("Cookie", &flow)]))?;
        let session = back.cookie.context("no session")?;
        ensure!(session.starts_with("ats_session="), "no session");
        let who = caller.get("/api/session", &[("Cookie", &session)]);
        let name = format!("person-{person}");
        let told = expect(who, 200)?.json();
        ensure!(told["Data"]["UserName"] == name.as_str(), "{told}");
        Ok(())
    }

    /// Adds how long it took, with the limit.
    pub fn tell(&self, length: Duration, trial: &mut Trial) -> Result<()> {
        let mut times = Histogram::new(3)?;
        for micros in &*self.times.lock() {
            times.record(*micros)?;
        }
        let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|part| milliseconds(&times, part));
        trial.note(format!(
            "{} sign-ins: p50 {p50} ms, p99 {p99} ms, longest {longest} ms",
            times.len()
        ));
        let took = self.took.lock().unwrap_or(Duration::MAX);
        trial.check(
            format!(
                "{} people signed in within {} s ({:.1})",
                times.len(),
                length.as_secs(),
                took.as_secs_f64()
            ),
            times.len() == self.sign_ins && took <= length,
        );
        Ok(())
    }
}

/// The answer, which leads elsewhere. Another one is a page, which is too long to be quoted.
fn redirect(reply: Reply) -> Result<Answer> {
    match reply {
        Reply::Answer(answer) if answer.status == 303 => Ok(answer),
        Reply::Answer(answer) => bail!("answered {}", answer.status),
        Reply::Unsent | Reply::Lost => bail!("no answer"),
    }
}

/// A parameter of the address. Those that are asked for have no character that is written
/// otherwise.
fn parameter<'a>(address: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })
}

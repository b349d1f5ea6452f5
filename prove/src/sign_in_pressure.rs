//! Many addresses that guess passwords without a pause, beside people who sign in with the right
//! one.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use fastrand::Rng;
use hdrhistogram::Histogram;
use serde_json::json;
use tempfile::TempDir;

use crate::clock::{go_on, now};
use crate::http::{Caller, Reply};
use crate::installation::Installation;
use crate::load::{FIRST_PASSWORD, add_user};
use crate::place::Place;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// The pause between two sign-ins of one person.
const EVERY: Duration = Duration::from_secs(1);
/// The time within which 99 of 100 right sign-ins must be answered.
const MOST_P99_MS: u64 = 2_000;
/// A user who signs in from the same address again and again.
const FAMILIAR: &str = "ada";
/// A user who signs in from a new address each time.
const STRANGER: &str = "grace";
/// Others whose names the attackers know.
const OTHERS: [&str; 2] = ["barbara", "edith"];

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How long each kind of attack goes on, in seconds
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// How many addresses attack
    #[arg(long, default_value_t = 100)]
    addresses: u8,
    /// How many connections each of them holds
    #[arg(long, default_value_t = 4)]
    connections: u8,
}

/// The attackers' budgets of failed sign-ins.
#[derive(Clone, Copy)]
enum Budgets {
    /// Never used up, so every guess costs the server a hash.
    Endless,
    /// Used up at once. Nearly every guess is refused before it costs a hash, so many more guesses
    /// arrive.
    Spent,
}

/// Tries guessing of passwords, with endless and with spent limits.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let mut rng = arguments.place.rng();
    let mut trials = Vec::new();
    for budgets in [Budgets::Endless, Budgets::Spent] {
        trials.push(trial(budgets, arguments, rng.fork(), signals)?);
    }
    let place = &arguments.place;
    let output = place.output("sign-in-pressure");
    publish("sign-in-pressure", place.seed, &trials, &output)
}

fn trial(budgets: Budgets, arguments: &Arguments, rng: Rng, signals: &Signals) -> Result<Trial> {
    let place = &arguments.place;
    fs::create_dir_all(&place.output)?;
    let work = TempDir::with_prefix("ats-pat-prove-")?;
    // It is kept, because it explains the findings.
    let log = place
        .output
        .join(format!("sign-in-pressure-{}.log", budgets.name()));
    let installation = Installation::new(&place.programs, work.path(), &log, None)?;
    let server = installation.start(budgets.settings(), signals)?;
    for name in [FAMILIAR, STRANGER].iter().chain(&OTHERS) {
        add_user(&installation, name)?;
    }
    let tally = Tally::default();
    let scene = Scene {
        server: installation.address(),
        tally: &tally,
        stop: AtomicBool::new(false),
        answers: Answers::default(),
    };
    let familiar_home = Ipv4Addr::new(127, 77, 0, 1);
    // Before the attack, the account signs in from this address, so the address is known.
    scene.sign_in(FAMILIAR, familiar_home)?;
    eprintln!("sign-in-pressure: {} budgets", budgets.name());
    let (familiar, strange) = scene.attacked(arguments, rng, signals, || {
        thread::scope(|scope| {
            let familiar = scope.spawn(|| scene.person(FAMILIAR, |_| familiar_home));
            let strange = scope.spawn(|| scene.person(STRANGER, new_home));
            let waited = go_on(Duration::from_secs(arguments.seconds), signals, || Ok(()));
            scene.stop.store(true, Ordering::Relaxed);
            let died = |_| anyhow!("a person died");
            let latencies = (
                familiar.join().map_err(died)??,
                strange.join().map_err(died)??,
            );
            waited.map(|()| latencies)
        })
    })?;
    drop(server);
    let mut trial = Trial::new(format!("{} budgets", budgets.name()), &tally);
    let [judged, refused] =
        [&scene.answers.judged, &scene.answers.refused].map(|count| count.load(Ordering::Relaxed));
    trial.note(format!(
        "{} addresses with {} connections each: {judged} guesses judged, {refused} refused",
        arguments.addresses, arguments.connections,
    ));
    trial.check(format!("passwords were guessed ({judged})"), judged > 0);
    for (who, latencies) in [
        ("an address that the account signed in from", familiar),
        ("new addresses", strange),
    ] {
        let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|part| latencies.value_at_quantile(part));
        trial.note(format!(
            "{} right sign-ins from {who}: p50 {p50} ms, p99 {p99} ms, longest {longest} ms",
            latencies.len()
        ));
        trial.check(
            format!("99 of 100 right sign-ins from {who} took at most {MOST_P99_MS} ms ({p99} ms)"),
            p99 <= MOST_P99_MS,
        );
    }
    Ok(trial)
}

impl Budgets {
    fn name(self) -> &'static str {
        match self {
            Self::Endless => "endless",
            Self::Spent => "spent",
        }
    }

    fn settings(self) -> Vec<(String, String)> {
        let failures = match self {
            Self::Endless => "10000",
            Self::Spent => "1",
        };
        let name = "ATS_PAT_SIGN_IN_FAILURES_PER_QUARTER_HOUR";
        vec![(name.to_owned(), failures.to_owned())]
    }
}

/// A local address that no one has used in this run.
fn new_home(turn: u16) -> Ipv4Addr {
    let [high, low] = turn.to_be_bytes();
    Ipv4Addr::new(127, 78, high, low)
}

/// The answers to the attackers.
#[derive(Default)]
struct Answers {
    judged: AtomicU64,
    refused: AtomicU64,
}

struct Scene<'a> {
    server: SocketAddr,
    tally: &'a Tally,
    stop: AtomicBool,
    answers: Answers,
}

impl Scene<'_> {
    /// Runs `meanwhile` during the attack.
    fn attacked<T>(
        &self,
        arguments: &Arguments,
        mut rng: Rng,
        signals: &Signals,
        meanwhile: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        thread::scope(|scope| {
            for number in 1..=arguments.addresses {
                let from = Ipv4Addr::new(127, 66, 0, number);
                for _ in 0..arguments.connections {
                    let rng = rng.fork();
                    thread::Builder::new()
                        .stack_size(128 * 1024)
                        .spawn_scoped(scope, move || self.attack(from, rng))?;
                }
            }
            let outcome = meanwhile();
            self.stop.store(true, Ordering::Relaxed);
            signals.check()?;
            outcome
        })
    }

    /// Guesses until the end, on one connection.
    fn attack(&self, from: Ipv4Addr, mut rng: Rng) {
        let mut caller = Caller::from(from, self.server);
        let real = [FAMILIAR, STRANGER, OTHERS[0], OTHERS[1]];
        while !self.stop.load(Ordering::Relaxed) {
            let name = if rng.bool() {
                real[rng.usize(..real.len())].to_owned()
            } else {
                format!("nobody-{}", rng.u32(..))
            };
            let guess = format!("guess-{}-number", rng.u64(..));
            let body = json!({"UserName": name, "Password": guess});
            match caller.post_json("/api/session", &[], &body) {
                Reply::Answer(answer) => match answer.code() {
                    1101 => drop(self.answers.judged.fetch_add(1, Ordering::Relaxed)),
                    1400 => drop(self.answers.refused.fetch_add(1, Ordering::Relaxed)),
                    code => {
                        let text = format!("a guess was answered {} with {code}", answer.status);
                        self.tally.violation(Count::Unexpected, &text);
                    }
                },
                // The server may close a connection; the next guess opens another.
                Reply::Unsent | Reply::Lost => {}
            }
        }
    }

    /// Signs in once a second until the end, each time on a new connection. Returns how long each
    /// took, in milliseconds.
    fn person(&self, name: &str, home: impl Fn(u16) -> Ipv4Addr) -> Result<Histogram<u64>> {
        let mut latencies = Histogram::new(3)?;
        for turn in 0_u16.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let begun = now();
            match self.sign_in(name, home(turn)) {
                Ok(()) => self.tally.add(Count::Acknowledged),
                Err(error) => self
                    .tally
                    .violation(Count::Unexpected, &format!("{error:#}")),
            }
            let took = now() - begun;
            latencies.record(u64::try_from(took.as_millis())?)?;
            thread::sleep(EVERY.saturating_sub(took));
        }
        Ok(latencies)
    }

    fn sign_in(&self, name: &str, from: Ipv4Addr) -> Result<()> {
        let body = json!({"UserName": name, "Password": FIRST_PASSWORD});
        match Caller::from(from, self.server).post_json("/api/session", &[], &body) {
            Reply::Answer(answer) if answer.status == 200 => Ok(()),
            Reply::Answer(answer) => bail!(
                "the right sign-in of {name} from {from} was answered {} with {}",
                answer.status,
                answer.code()
            ),
            Reply::Unsent | Reply::Lost => {
                bail!("the right sign-in of {name} from {from} was not answered")
            }
        }
    }
}

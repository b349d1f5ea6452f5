//! What a check costs compared with the bare signature, and what a status list costs.
//! `cargo bench -p ats-pat-verify` prints the ratios and the sizes at the end.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time and tells it"
)]

#[expect(dead_code, reason = "tests need more of it")]
#[path = "../../tests/verifier/issuer.rs"]
mod issuer;
mod status_list;

use std::{hint::black_box, time::Duration};

use ats_pat_token::VerifyingKey;
use ats_pat_verify::{AuthenticationToken, Clock, Verifier};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group};
use ed25519_dalek::Signature;
use futures_util::FutureExt;
use tokio::runtime::Runtime;

use crate::issuer::{AUDIENCE, Issuer, NOW, key};

/// More tokens than the verifier remembers, so that each one is new to it.
const TOKENS: usize = 512;

const ROUNDS: usize = 1000;
const PART: usize = 32;

criterion_group!(benches, verify, status_list::benches);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    print_ratios();
    status_list::print_figures();
}

fn verify(criterion: &mut Criterion) {
    let bench = Bench::new();
    let _runtime = bench.runtime.enter();
    let mut group = criterion.benchmark_group("verify");
    let mut at = 0;
    group.bench_function("bare verify_strict", |bencher| {
        bencher.iter(|| bench.bare(next(&mut at)));
    });
    group.bench_function("first sight", |bencher| {
        bencher.iter(|| bench.first_sight(next(&mut at)));
    });
    group.bench_function("known token", |bencher| {
        bencher.iter(|| bench.known(next(&mut at)));
    });
    group.finish();
}

/// Measures processor time, in turns and in small parts, so that other load on the machine slows
/// all three alike.
fn print_ratios() {
    let bench = Bench::new();
    let _runtime = bench.runtime.enter();
    let mut times: [Vec<Duration>; 3] = Default::default();
    for round in 0..ROUNDS {
        let part = (0..PART).map(|at| (round * PART + at) % TOKENS);
        let [bare, first, known] = &mut times;
        bare.push(measured(part.clone(), |at| bench.bare(at)));
        first.push(measured(part.clone(), |at| drop(bench.first_sight(at))));
        known.push(measured(part, |at| drop(bench.known(at))));
    }
    let [bare, first, known] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2].as_secs_f64() * 1e6 / PART as f64
    });
    println!(
        "bare verify_strict {bare:.2} µs, first sight {first:.2} µs, known token {known:.3} µs"
    );
    println!(
        "first sight is {:.3} times bare verify_strict; a known token is {:.1} times faster than it",
        first / bare,
        bare / known,
    );
}

fn measured(part: impl Iterator<Item = usize>, mut check: impl FnMut(usize)) -> Duration {
    let began = processor_time();
    for at in part {
        check(at);
    }
    processor_time().saturating_sub(began)
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap()
}

fn next(at: &mut usize) -> usize {
    *at = (*at + 1) % TOKENS;
    *at
}

struct Bench {
    runtime: Runtime,
    key: VerifyingKey,
    tokens: Vec<String>,
    signatures: Vec<Signature>,
    forgetful: Verifier,
    remembering: Verifier,
}

struct StandingClock;

impl Clock for StandingClock {
    fn now_seconds(&self) -> i64 {
        NOW
    }

    fn since_start(&self) -> Duration {
        ats_pat_verify::SystemClock.since_start()
    }
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let issuer = Issuer::new("https://pat.example.com");
        let verifier = |capacity| {
            let verifier = Verifier::builder(issuer.url(), AUDIENCE)
                .clock(StandingClock)
                .cache_capacity(capacity)
                .build_with(issuer.clone())
                .unwrap();
            runtime.block_on(verifier.ready()).unwrap();
            verifier
        };
        let tokens: Vec<String> = (0..TOKENS as u64)
            .map(|index| issuer.token(index))
            .collect();
        let signatures = tokens.iter().map(|token| {
            let (_, signature) = token.rsplit_once('.').unwrap();
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
            Signature::from_slice(&signature).unwrap()
        });
        let bench = Self {
            key: key(1).verifying_key(),
            signatures: signatures.collect(),
            forgetful: verifier(1),
            remembering: verifier(10_000),
            tokens,
            runtime,
        };
        for at in 0..TOKENS {
            bench
                .runtime
                .block_on(bench.remembering.verify(&bench.tokens[at]))
                .unwrap();
        }
        bench
    }

    fn bare(&self, at: usize) {
        let (input, _) = self.tokens[at].rsplit_once('.').unwrap();
        let good = self
            .key
            .verify_strict(black_box(input.as_bytes()), &self.signatures[at]);
        assert!(good.is_ok());
    }

    fn first_sight(&self, at: usize) -> AuthenticationToken {
        check(&self.forgetful, &self.tokens[at])
    }

    fn known(&self, at: usize) -> AuthenticationToken {
        check(&self.remembering, &self.tokens[at])
    }
}

fn check(verifier: &Verifier, token: &str) -> AuthenticationToken {
    verifier
        .verify(black_box(token))
        .now_or_never()
        .unwrap()
        .unwrap()
}

//! A status list of ten million places.

use std::{hint::black_box, time::Duration};

use ats_pat_token::{
    CompressedList, Header, ListVersion, SigningAlgorithm, SigningInput, StatusList,
    StatusListClaims, UnverifiedStatusList, thumbprint,
};
use criterion::{BenchmarkId, Criterion};
use ed25519_dalek::{Signer, SigningKey};
use secrecy::ExposeSecret;

use crate::{
    issuer::{NOW, key},
    processor_time,
};

const PLACES: u64 = 10_000_000;
const REVOKED: [u64; 4] = [0, 1_000, 100_000, 1_000_000];
const ISSUER: &str = "https://pat.example.com";
const ADDRESS: &str = "https://pat.example.com/status-lists/0";

pub fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("status list of 10 million places");
    group.sample_size(10);
    for revoked in REVOKED {
        let list = list(revoked);
        let signed = build(&list);
        group.bench_with_input(
            BenchmarkId::new("build", revoked),
            &list,
            |bencher, list| {
                bencher.iter(|| build(list));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("apply", revoked),
            &signed,
            |bencher, signed| {
                bencher.iter(|| apply(signed));
            },
        );
    }
    group.finish();
}

/// One line for each number of revoked places.
pub fn print_figures() {
    for revoked in REVOKED {
        let list = list(revoked);
        let (signed, building) = timed(|| build(&list));
        let (_, applying) = timed(|| apply(&signed));
        println!(
            "{PLACES} places, {revoked} revoked: {} bytes on the wire, {:.1} ms to build, {:.1} ms to apply",
            signed.len(),
            building.as_secs_f64() * 1e3,
            applying.as_secs_f64() * 1e3,
        );
    }
}

/// The least processor time of ten runs.
fn timed<T>(mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut best = Duration::MAX;
    let mut runs = 0;
    loop {
        let began = processor_time();
        let done = work();
        best = best.min(processor_time().saturating_sub(began));
        runs += 1;
        if runs == 10 {
            return (done, best);
        }
    }
}

/// A list whose revoked places are random, and the same in each run.
fn list(revoked: u64) -> StatusList {
    let mut list = StatusList::new();
    list.extend_to(PLACES - 1).unwrap();
    let mut seed = 0_u64;
    while list.count_revoked() < revoked {
        for _ in list.count_revoked()..revoked {
            seed += 1;
            let hash = random(seed);
            list.set(hash % PLACES, true).unwrap();
        }
    }
    list
}

/// SplitMix64, step `n`.
fn random(n: u64) -> u64 {
    let mut z = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn build(list: &StatusList) -> String {
    let signing: SigningKey = key(1);
    let claims = StatusListClaims {
        iss: ISSUER.to_owned(),
        sub: ADDRESS.to_owned(),
        iat: NOW,
        exp: NOW + 600,
        ttl: 1,
        version: ListVersion { epoch: 0, seq: 1 },
        status_list: CompressedList::new(list.compress().unwrap()),
    };
    let header = Header {
        alg: SigningAlgorithm::EdDsa,
        kid: thumbprint(&signing.verifying_key()),
    };
    let input = SigningInput::of_status_list(&header, &claims);
    let signature = signing.sign(input.as_bytes()).to_bytes();
    input.with_signature(&signature).expose_secret().to_owned()
}

fn apply(signed: &str) -> StatusList {
    let key = key(1).verifying_key();
    UnverifiedStatusList::parse(black_box(signed))
        .and_then(|list| list.verify(&key, ISSUER, ADDRESS, NOW, 60))
        .unwrap()
        .status_list
        .decompress()
        .unwrap()
}

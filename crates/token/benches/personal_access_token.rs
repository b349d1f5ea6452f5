//! The cost of telling whether a text is a personal access token: `cargo bench -p ats-pat-token`.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that can't be set up has failed"
)]

use std::hint::black_box;

use ats_pat_token::PersonalAccessToken;
use criterion::{Criterion, criterion_group, criterion_main};

criterion_group!(benches, parse);
criterion_main!(benches);

fn parse(criterion: &mut Criterion) {
    let token = PersonalAccessToken::from_random(&[2; 32]);
    let right = token.expose().to_owned();
    let (but_last, _) = right.split_at(right.len() - 1);
    let wrong = format!("{but_last}!");
    let mut group = criterion.benchmark_group("parse");
    group.bench_function("right", |bencher| {
        bencher.iter(|| PersonalAccessToken::parse(black_box(&right)).unwrap());
    });
    group.bench_function("wrong checksum", |bencher| {
        bencher.iter(|| PersonalAccessToken::parse(black_box(&wrong)).is_err());
    });
    group.finish();
}

//! What the envelope of an answer costs: `cargo bench -p ats-pat-domain`.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that can't be set up has failed"
)]

use std::hint::black_box;

use ats_pat_domain::{Envelope, Problem};
use criterion::{Criterion, criterion_group, criterion_main};

criterion_group!(benches, envelope);
criterion_main!(benches);

fn envelope(criterion: &mut Criterion) {
    // As long as an authentication token.
    let token = "x".repeat(700);
    let mut group = criterion.benchmark_group("envelope");
    group.bench_function("success", |bencher| {
        bencher.iter(|| serde_json::to_vec(&Envelope::success(black_box(&token))).unwrap());
    });
    group.bench_function("refusal", |bencher| {
        let problem = Problem::PersonalAccessTokenInvalid;
        bencher.iter(|| serde_json::to_vec(&Envelope::<()>::problem(black_box(&problem))).unwrap());
    });
    group.finish();
}

//! What an exchange from memory notes for the metrics costs: `cargo bench -p ats-pat-measure`.

use std::hint::black_box;
use std::time::Instant;

use ats_pat_measure::{Counts, Times};
use criterion::{Criterion, criterion_group, criterion_main};

criterion_group!(benches, notes_of_an_exchange);
criterion_main!(benches);

/// An exchange looks at the clock, is counted by its route and answer, by its outcome, and as found
/// in the cache, and its duration is noted.
#[expect(
    clippy::disallowed_methods,
    reason = "the look at the clock is part of the cost"
)]
fn notes_of_an_exchange(criterion: &mut Criterion) {
    let (requests, outcomes, lookups) = (Counts::new(1024), Counts::new(64), Counts::new(2));
    let durations = Times::new(Times::SHORT);
    // Other routes and outcomes were counted before.
    for key in 0..200 {
        requests.add(key << 32);
        outcomes.add(key % 64);
    }
    criterion.bench_function("notes of an exchange", |bencher| {
        bencher.iter(|| {
            let came = black_box(Instant::now());
            lookups.add(black_box(0));
            outcomes.add(black_box(1));
            durations.note(came.elapsed());
            requests.add(black_box(7 << 32));
        });
    });
}

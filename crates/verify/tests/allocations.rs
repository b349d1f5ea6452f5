//! A known token allocates no memory, because its handle is a counted reference.

#![expect(
    clippy::unwrap_used,
    reason = "clippy knows tests, but not what they call, as tests"
)]

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "verifier/issuer.rs"]
mod issuer;

use ats_pat_verify::{Clock, Verifier};
use dhat::{Alloc, HeapStats, Profiler};

use crate::issuer::{AUDIENCE, Issuer, NOW};

#[global_allocator]
static ALLOCATOR: Alloc = Alloc;

struct StandingClock;

impl Clock for StandingClock {
    fn now_seconds(&self) -> i64 {
        NOW
    }

    fn since_start(&self) -> std::time::Duration {
        std::time::Duration::from_secs(1)
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_token_is_verified_without_allocating() {
    let issuer = Issuer::new("https://pat.example.com");
    let builder = Verifier::builder(issuer.url(), AUDIENCE).clock(StandingClock);
    let verifier = builder.build_with(issuer.clone()).unwrap();
    let token = issuer.token(1);
    let header = format!("Bearer {token}");
    // The first check sees the token for the first time. Each thread also allocates some memory
    // once.
    for _ in 0..2 {
        verifier.verify(&token).await.unwrap();
    }

    let profiler = Profiler::builder().testing().build();
    for _ in 0..100 {
        let accepted = verifier.authenticate([header.as_bytes()]).await.unwrap();
        assert!(accepted.has_scope("orders:read"));
        assert_eq!(accepted.require_scope("packages:write"), Ok(()));
    }
    let known = HeapStats::get().total_blocks;
    verifier.verify(&issuer.token(2)).await.unwrap();
    let with_first_sight = HeapStats::get().total_blocks;
    drop(profiler);
    assert_eq!(known, 0);
    assert!(with_first_sight > 0, "the counting itself is broken");
}

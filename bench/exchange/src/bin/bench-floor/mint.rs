//! Minting without HTTP: the cost of an exchange if everything else were free.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use ats_pat_auth::{Grant, Minter, SignatureProvider, SigningKeyPair, StatusPlace};
use ats_pat_token::{Audience, SigningAlgorithm};
use fastrand::Rng;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use time::OffsetDateTime;
use uuid::{Builder, fmt::Hyphenated};

const ISSUER: &str = "http://127.0.0.1:65535";
const DAY_MS: i64 = 86_400_000;

#[derive(clap::Args)]
pub struct Arguments {
    /// How long to mint, in seconds
    #[arg(long)]
    seconds: f64,
}

/// Mints as often as it can. Prints as JSON how many, and in how many seconds.
pub fn count(arguments: &Arguments) -> Result<()> {
    let audience = Audience::from(ISSUER.to_owned());
    let minter = Minter::new(ISSUER, audience, SigningAlgorithm::EdDsa);
    let key = key();
    let now_ms = OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let status_list = format!("{ISSUER}/status-lists/0");
    let grant = Grant {
        owner_id: "019365a0-0000-7000-8000-000000000001",
        user_name: "ada",
        token_id: "019365a0-0000-7000-8000-000000000002",
        generation: 1,
        scope: "all",
        lifetime_seconds: 300,
        expires_at_ms: now_ms + DAY_MS,
        status: Some(StatusPlace {
            index: 512,
            uri: &status_list,
        }),
        subject_id: None,
    };
    let mut random = Rng::with_seed(1);
    let mut id = [0; Hyphenated::LENGTH];
    let begun = now();
    let end = begun + Duration::from_secs_f64(arguments.seconds);
    let (mut minted, mut time) = (0_u64, begun);
    while time < end {
        // Reading the clock this rarely costs nothing.
        for _ in 0..64 {
            let jti = Builder::from_u128(random.u128(..)).into_uuid();
            let jti = jti.hyphenated().encode_lower(&mut id);
            black_box(minter.mint(&key, &grant, now_ms, jti)?);
            minted += 1;
        }
        time = now();
    }
    let used = clock_gettime(ClockId::ProcessCPUTime);
    println!(
        "{}",
        json!({
            "tokens": minted,
            "seconds": (time - begun).as_secs_f64(),
            "processor_seconds": Duration::try_from(used)?.as_secs_f64(),
        })
    );
    Ok(())
}

/// The signer of the server's default build. If that changes, change it here. No other bench has
/// it.
fn key() -> SigningKeyPair {
    SigningKeyPair::generate([7; 32], SignatureProvider::AwsLc)
}

#[expect(clippy::disallowed_methods, reason = "to measure is to read the clock")]
fn now() -> Instant {
    Instant::now()
}

//! Random tampering: rows of every table are planted, edited, deleted, swapped and put back from
//! random older states. Between that there are random calls on one or three services. A model says
//! what may be granted.
//!
//! - No service grants anything that was acknowledged as taken away, whatever rows are put back: a
//!   revoked token, a replaced secret, an ended session, a replaced password, the rights of a
//!   disabled user, a destroyed key, or a used set-up link.
//! - Planted and edited rows grant nothing: every grant says what the program once said about the
//!   same user.
//! - No removal fails because of rows.
//! - `audit verify` names every row that differs, until the attacker restores exactly the current
//!   row. If a change wrote the row in between, it names the row for ever. It names no other row.
//! - Untouched things go on working.
//!
//! The program can't know of a row that the attacker hides from a change that ends many things at
//! once, and puts back afterwards ([`Fate::Hidden`](model::Fate::Hidden)). It is hidden if it is
//! missing, has another owner, or is a token that seems to have ended, while its owner signs out
//! everywhere, gets a new password or is disabled. Nobody notices a missing session, because ended
//! sessions are removed without an event. Nor does anybody notice an edited column that no tag
//! covers, or another version of the signing keys.

mod attack;
mod calls;
mod deployment;
mod ground;
mod literal;
mod long;
mod model;
mod operator_calls;
mod outcome;
mod play;
mod policy;
mod probes;
mod table;
mod token_calls;
mod works;

use std::collections::BTreeMap;

use ats_pat_test_support::{TestDatabase, on_every_database};
use fastrand::Rng;

use play::Play;
use table::Table;

/// How many rounds are played in one world before another begins.
const ROUNDS_OF_A_WORLD: u64 = 30;
/// The seed of the short form.
const SEED: u64 = 15;

/// How often each thing happened.
type Tally = BTreeMap<&'static str, u64>;

/// Plays one world: on three services if its number is odd, otherwise on one. Returns what
/// happened, or the violation.
async fn play(database: &TestDatabase, seed: u64, world: u64) -> Result<Tally, String> {
    let services = if world.is_multiple_of(2) { 1 } else { 3 };
    let seed_of_world = seed.wrapping_add(world.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let seed_of_world = Rng::with_seed(seed_of_world).u64(..);
    // Keys that were read while their rows were damaged serve nobody until they are read again. So
    // every other attacker leaves the keys alone, to show that everything else works.
    let spared: &[Table] = if (world / 2).is_multiple_of(2) {
        &[Table::SigningKeys]
    } else {
        &[]
    };
    let mut play = Play::begin(database, services, seed_of_world, spared).await;
    for round in 0..ROUNDS_OF_A_WORLD {
        play.note(format!("-- round {round}"));
        play.round().await;
        if !play.violations.is_empty() {
            return Err(format!(
                "seed {seed}, world {world} on {:?}, round {round}:\n{}",
                database.kind(),
                play.violations.join("\n!! ")
            ));
        }
    }
    Ok(play.tally)
}

async fn find_nothing_in(world: u64, database: &TestDatabase) {
    let tally = play(database, SEED, world).await;
    let tally = tally.unwrap_or_else(|found| panic!("{found}"));
    // The test proves nothing if nothing happened.
    for what in ["attacks", "removals", "grants tried", "refusals tried"] {
        assert!(tally.get(what).is_some_and(|many| *many > 10), "{tally:?}");
    }
}

#[on_every_database(flavor = "multi_thread")]
async fn random_tampering_grants_nothing_and_is_reported_on_one_service(database: &TestDatabase) {
    find_nothing_in(0, database).await;
}

#[on_every_database(flavor = "multi_thread")]
async fn random_tampering_grants_nothing_and_is_reported_on_three_services(
    database: &TestDatabase,
) {
    find_nothing_in(1, database).await;
}

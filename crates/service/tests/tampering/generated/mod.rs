//! Random tampering: rows of every table are planted, edited, deleted, swapped and put back, from
//! random older states, between random calls on one and on three services. A model says what may be
//! granted.
//!
//! - What was acknowledged as taken is granted by no service any more, whatever rows are put back:
//!   a revoked token, a replaced secret, an ended session, a replaced password, the rights of a
//!   disabled user, a destroyed key, a used set-up link.
//! - What was planted or edited grants nothing: every grant says what the program once said, of
//!   whom it said it.
//! - No removal fails because of rows.
//! - `audit verify` names what was tampered with, until the attacker restores exactly the current
//!   row, and for ever if a change wrote the row meanwhile. It names nothing that nobody touched.
//! - What nobody touched goes on working.
//!
//! The model leaves out what the program can't know: a row that the attacker hides from a change
//! that ends many things at once, and puts back afterwards ([`Fate::Hidden`](model::Fate::Hidden)).
//! It is hidden if it is gone, bears another owner, or (a token) seems to have ended, while its
//! owner signs out everywhere, gets a new password or is disabled. Nor does anybody notice a
//! session that is missing, because sessions that ended are removed without an event, an edited
//! column that no tag covers, or another version number of the key ring.

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

/// So many rounds are played in one world; then another one begins.
const ROUNDS_OF_A_WORLD: u64 = 30;
/// The seed of the short form.
const SEED: u64 = 15;

/// How often what happened.
type Tally = BTreeMap<&'static str, u64>;

/// Plays one world: of an odd number on three services, of an even one on one. Tells what happened,
/// or what went wrong.
async fn play(database: &TestDatabase, seed: u64, world: u64) -> Result<Tally, String> {
    let services = if world.is_multiple_of(2) { 1 } else { 3 };
    let seed_of_world = seed.wrapping_add(world.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let seed_of_world = Rng::with_seed(seed_of_world).u64(..);
    // A ring that was read while its keys were spoilt serves nobody until it is read anew: so that
    // what must work is seen to work, every other attacker leaves the keys alone.
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
    // It would prove nothing if nothing happened.
    for what in ["attacks", "removals", "grants tried", "refusals tried"] {
        assert!(tally.get(what).is_some_and(|many| *many > 10), "{tally:?}");
    }
}

#[on_every_database(flavor = "multi_thread")]
async fn tampering_at_random_grants_nothing_and_is_named_on_one_service(database: &TestDatabase) {
    find_nothing_in(0, database).await;
}

#[on_every_database(flavor = "multi_thread")]
async fn tampering_at_random_grants_nothing_and_is_named_on_three_services(
    database: &TestDatabase,
) {
    find_nothing_in(1, database).await;
}

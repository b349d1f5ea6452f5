//! What ended tokens cost.

use std::time::Duration;

use ats_pat_domain::port::{Clock as _, Repositories};
use ats_pat_service::SystemClock;

use super::samples::{token, user, user_id};
use super::{change, open};
use crate::clock::START;
use crate::database::{Kind, TestDatabase};

/// How often the ended token is doubled: 32,768 of them.
const DOUBLINGS: usize = 15;
/// How much longer a check may take beside the ended tokens. Reading them all takes fifty times as
/// long.
const AT_MOST: u32 = 8;

/// The checks of a new token take as long with 32,768 ended tokens as with one, whatever ended them
/// and though all have the name that is asked for.
pub async fn a_new_token_is_checked_without_reading_ended_ones(database: &TestDatabase) {
    let store = open(database).await;
    let mut revoked = token(1, 1, "ci");
    revoked.row.revoked_at = Some(START);
    let mut expired = token(2, 1, "ci");
    expired.row.expires_at = START;
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.insert_token(&revoked).await.unwrap();
        change.insert_token(&expired).await.unwrap();
        change.insert_token(&token(3, 1, "other")).await.unwrap();
    })
    .await;
    let tokens = store.tokens();
    let count = async || assert_eq!(tokens.count_active(user_id(1), START).await.unwrap(), 1);
    let name = async || {
        let found = tokens.active_with_name(user_id(1), "ci", START).await;
        assert_eq!(found.unwrap(), None);
    };
    let before = (least(&count).await, least(&name).await);
    for _ in 0..DOUBLINGS {
        database.execute(&doubling(database.kind())).await;
    }
    // As the server does by itself some time after: until then it plans by how few rows there were.
    match database.kind() {
        Kind::Sqlite => {}
        Kind::Postgres => {
            database.execute("ANALYZE tokens").await;
        }
        Kind::Mariadb | Kind::Galera => {
            database.execute("ANALYZE TABLE tokens").await;
        }
    }
    let after = (least(&count).await, least(&name).await);
    assert!(
        after.0 < AT_MOST * before.0 && after.1 < AT_MOST * before.1,
        "count and name took {before:?} before, {after:?} beside the ended tokens"
    );
}

/// The least time of several tries: what the work takes where nothing else disturbs it.
async fn least(work: &impl AsyncFn()) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..30 {
        let begun = SystemClock.since_boot();
        work().await;
        least = least.min(SystemClock.since_boot().saturating_sub(begun));
    }
    least
}

/// Adds as many ended tokens as there are.
fn doubling(kind: Kind) -> String {
    let id = match kind {
        Kind::Sqlite => "randomblob(16)",
        Kind::Postgres => "gen_random_uuid()",
        Kind::Mariadb | Kind::Galera => "UNHEX(REPLACE(UUID(), '-', ''))",
    };
    let columns = "owner_id, name, name_folded, name_key, description, description_folded, scopes, \
                   allowed_networks, generation, created_at, expires_at, regenerated_at, revoked_at, key_id, tag";
    format!(
        "INSERT INTO tokens (id, {columns}) SELECT {id}, {columns} FROM tokens WHERE name = 'ci'"
    )
}

//! What the database itself refuses.

use ats_pat_domain::port::{ChangeOrder, CommitError, Store, StoreError, Transaction};
use ats_pat_domain::secret::Slot;

use super::samples::{
    change_id, event, identity, root_key, secret, session, signing_key, token, user,
};
use super::{change, open};
use crate::database::TestDatabase;

/// Tries a write that must be refused as a conflict.
async fn conflicts<F>(store: &dyn Store, what: &str, write: F)
where
    F: AsyncFnOnce(&dyn Transaction) -> Result<(), StoreError>,
{
    let transaction = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    let refused = write(transaction.as_ref()).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict(_))),
        "{what}: {refused:?}"
    );
    assert!(
        matches!(transaction.commit().await, Err(CommitError::Undone(_))),
        "{what}"
    );
}

/// Ids, names, hashes and slots that are taken.
pub async fn what_is_taken_conflicts(database: &TestDatabase) {
    let store = open(database).await;
    change(&store, async |change| {
        change.insert_user(&user(1, "Straße")).await.unwrap();
        change.insert_user(&user(3, "Eve")).await.unwrap();
        let linked = identity(1, "corp", "https://id.example", "ada");
        change.insert_identity(&linked).await.unwrap();
        change.insert_token(&token(1, 1, "ci")).await.unwrap();
        change.insert_secret(&secret(1, 1, 1)).await.unwrap();
        change.insert_session(&session(1, 1)).await.unwrap();
        change.insert_root_key(&root_key(1)).await.unwrap();
        change
            .insert_signing_key(&signing_key("kid"))
            .await
            .unwrap();
    })
    .await;
    let store: &dyn Store = &store;
    conflicts(store, "user id", async |c| {
        c.insert_user(&user(1, "other")).await
    })
    .await;
    conflicts(store, "folded user name", async |c| {
        c.insert_user(&user(2, "STRASSE")).await
    })
    .await;
    conflicts(store, "identity of another user", async |c| {
        let taken = identity(3, "other", "https://id.example", "ada");
        c.insert_identity(&taken).await
    })
    .await;
    conflicts(store, "second identity at a provider", async |c| {
        let second = identity(1, "corp", "https://id.example", "lovelace");
        c.insert_identity(&second).await
    })
    .await;
    conflicts(store, "token id", async |c| {
        c.insert_token(&token(1, 1, "other")).await
    })
    .await;
    conflicts(store, "session", async |c| {
        c.insert_session(&session(1, 1)).await
    })
    .await;
    conflicts(store, "root key", async |c| {
        c.insert_root_key(&root_key(1)).await
    })
    .await;
    conflicts(store, "signing key", async |c| {
        c.insert_signing_key(&signing_key("kid")).await
    })
    .await;
    let mut same_hash = secret(1, 1, 2);
    same_hash.row.slot = None;
    conflicts(store, "secret's hash", async |c| {
        c.insert_secret(&same_hash).await
    })
    .await;
    let mut same_generation = secret(2, 1, 1);
    same_generation.row.slot = None;
    conflicts(store, "generation", async |c| {
        c.insert_secret(&same_generation).await
    })
    .await;
    let mut taken = event(1);
    taken.seq = 2;
    conflicts(store, "event id", async |c| c.append(&taken).await).await;
    // A name that differs only in case is another kid.
    change(store, async |c| {
        c.insert_signing_key(&signing_key("KID")).await.unwrap();
    })
    .await;
}

/// One current secret, one in overlap, any number of dead ones.
pub async fn a_second_current_secret_is_refused(database: &TestDatabase) {
    let store = open(database).await;
    let mut overlap = secret(2, 1, 2);
    overlap.row.slot = Some(Slot::Overlap);
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.insert_token(&token(1, 1, "ci")).await.unwrap();
        change.insert_token(&token(2, 1, "cd")).await.unwrap();
        change.insert_secret(&secret(1, 1, 1)).await.unwrap();
        change.insert_secret(&overlap).await.unwrap();
        change.insert_secret(&secret(3, 2, 1)).await.unwrap();
        for (byte, generation) in [(10, 10), (11, 11)] {
            let mut dead = secret(byte, 1, generation);
            dead.row.slot = None;
            change.insert_secret(&dead).await.unwrap();
        }
    })
    .await;
    conflicts(&store, "second current", async |c| {
        c.insert_secret(&secret(4, 1, 4)).await
    })
    .await;
    let mut second = secret(5, 1, 5);
    second.row.slot = Some(Slot::Overlap);
    conflicts(&store, "second in overlap", async |c| {
        c.insert_secret(&second).await
    })
    .await;
    overlap.row.slot = Some(Slot::Current);
    conflicts(&store, "promoted", async |c| {
        c.update_secret(&overlap).await
    })
    .await;
}

/// A write to a row that is not there, or for an owner who is not, is an error and no silence.
pub async fn a_write_must_reach_its_row(database: &TestDatabase) {
    let store = open(database).await;
    let refused =
        async |what: &str, result: Result<(), StoreError>, change: Box<dyn Transaction>| {
            assert!(
                matches!(result, Err(StoreError::Other(_))),
                "{what}: {result:?}"
            );
            assert!(
                matches!(change.commit().await, Err(CommitError::Undone(_))),
                "{what}"
            );
        };
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    refused("user", change.update_user(&user(1, "ada")).await, change).await;
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    refused(
        "token",
        change.update_token(&token(1, 1, "ci")).await,
        change,
    )
    .await;
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    refused(
        "secret",
        change.update_secret(&secret(1, 1, 1)).await,
        change,
    )
    .await;
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    refused(
        "signing key",
        change.update_signing_key(&signing_key("kid")).await,
        change,
    )
    .await;
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    refused(
        "root key",
        change.update_root_key(&root_key(1)).await,
        change,
    )
    .await;
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    refused(
        "owner",
        change.insert_token(&token(1, 1, "ci")).await,
        change,
    )
    .await;
    // Writing what is already there reaches its row, also where nothing differs.
    super::change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.update_user(&user(1, "ada")).await.unwrap();
    })
    .await;
}

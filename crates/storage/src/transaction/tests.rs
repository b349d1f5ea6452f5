//! Each proof of a transaction, and what goes wrong without it.

use ats_pat_domain::port::{
    ChangeOrder, CommitError, EventLog, EventRepository, Repositories as _, Store, StoreError,
    Transaction, UserChanges,
};
use ats_pat_test_support::conformance::samples::{change_id, event, user};
use ats_pat_test_support::proxy::Proxy;
use ats_pat_test_support::{TestDatabase, on_every_server, sqlite};
use sea_orm::{ConnectionTrait, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use super::StoreTransaction;
use crate::connect::OpenOptions;
use crate::database::Database;
use crate::entity::event::ActiveModel;
use crate::write::insert;

/// The store behind a proxy for `database`, and the proxy that ends its transactions.
async fn behind_a_proxy(database: &TestDatabase) -> (Database, Proxy) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let store = Database::open(&url, OpenOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    (store, proxy)
}

/// The same store, but the sessions of its changes may also write outside a transaction.
fn with_sessions_that_write_anywhere(mut store: Database) -> Database {
    store.changes = store.schema.apart();
    store
}

async fn begin(store: &Database) -> StoreTransaction {
    StoreTransaction::begin(store, change_id(), ChangeOrder::Last)
        .await
        .unwrap()
}

/// The numbers of users and of events.
async fn counted(database: &TestDatabase) -> [i64; 2] {
    [
        database.number("SELECT COUNT(*) FROM users").await,
        database.number("SELECT COUNT(*) FROM events").await,
    ]
}

#[on_every_server]
async fn what_follows_an_ended_transaction_is_refused_by_the_session(database: &TestDatabase) {
    let (store, proxy) = behind_a_proxy(database).await;
    let change = begin(&store).await;
    proxy.end_unseen(0);
    let refused = change.insert_user(&user(1, "ada")).await;
    assert!(
        matches!(refused, Err(StoreError::Retryable(_))),
        "{refused:?}"
    );
    assert_eq!(counted(database).await, [0, 0]);
}

#[on_every_server]
async fn a_caller_that_missed_the_first_failure_is_told_of_the_same_one(database: &TestDatabase) {
    let (store, proxy) = behind_a_proxy(database).await;
    let change = begin(&store).await;
    proxy.end_unseen(0);
    let _ = change.insert_user(&user(1, "ada")).await;
    let refused = change.users().by_id(user(1, "ada").row.id).await;
    let refused = refused.err().unwrap();
    assert!(matches!(refused, StoreError::Retryable(_)), "{refused:?}");
}

#[on_every_server]
async fn without_that_a_row_is_written_that_has_no_event(database: &TestDatabase) {
    let (store, proxy) = behind_a_proxy(database).await;
    let store = with_sessions_that_write_anywhere(store);
    let change = begin(&store).await;
    proxy.end_unseen(0);
    change.insert_user(&user(1, "ada")).await.unwrap();
    // The claim prevents the event, so the answer is right.
    let refused = change.append(&event(1)).await;
    assert!(
        matches!(refused, Err(StoreError::Retryable(_))),
        "{refused:?}"
    );
    drop(change);
    assert_eq!(counted(database).await, [1, 0]);
}

#[on_every_server]
async fn without_the_claim_an_event_is_written_whose_rows_are_not_there(database: &TestDatabase) {
    let (store, proxy) = behind_a_proxy(database).await;
    let store = with_sessions_that_write_anywhere(store);
    let change = begin(&store).await;
    change.insert_user(&user(1, "ada")).await.unwrap();
    proxy.end_unseen(0);
    let row = ActiveModel::from(&event(1));
    insert(&change.channel, row).await.unwrap();
    change.channel.commit().await.unwrap();
    assert_eq!(counted(database).await, [0, 1]);
}

#[on_every_server]
async fn an_answer_to_commit_is_believed_only_once_the_event_is_seen(database: &TestDatabase) {
    let (store, proxy) = behind_a_proxy(database).await;
    let written = async || {
        let change = begin(&store).await;
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.append(&event(1)).await.unwrap();
        proxy.end_unseen(0);
        Box::new(change)
    };
    let answered = written().await.commit().await;
    assert!(
        matches!(answered, Err(CommitError::Unknown(_))),
        "{answered:?}"
    );
    // Without the check, the database's answer would count.
    written().await.channel.commit().await.unwrap();
    assert_eq!(counted(database).await, [0, 0]);
}

/// A row that makes SQLite undo the whole transaction, as when the disk is full.
const UNDO: &str = "INSERT OR ROLLBACK INTO write_proof (id, count, filler) VALUES (1, 0, x'')";

async fn migrated(database: &TestDatabase) -> Database {
    let store = Database::open(database.url(), OpenOptions::default())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn a_connection_whose_commit_failed_is_closed() {
    let database = sqlite();
    let store = migrated(&database).await;
    let mark = async |sql| {
        let channel = store.transaction().await.unwrap();
        let is_marked = channel.execute_unprepared(sql).await.is_ok();
        (channel, is_marked)
    };
    let (failing, _) = mark("CREATE TEMP TABLE mark (x)").await;
    assert!(failing.execute_unprepared(UNDO).await.is_err());
    let committed = failing.commit().await;
    assert!(committed.is_err(), "there was nothing to commit any more");
    let (other, is_marked) = mark("SELECT x FROM mark").await;
    assert!(!is_marked, "this is another connection");
    drop(other);
    let change = Box::new(begin(&store).await);
    change.insert_user(&user(1, "ada")).await.unwrap();
    change.append(&event(1)).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(counted(&database).await, [1, 1]);
}

#[tokio::test]
async fn without_that_later_changes_are_acknowledged_and_lost() {
    let database = sqlite();
    let store = migrated(&database).await;
    let connection = store.changes.for_schema();
    let immediate = || TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let failing = connection.begin_with_options(immediate()).await.unwrap();
    assert!(failing.execute_unprepared(UNDO).await.is_err());
    assert!(failing.commit().await.is_err());
    let refused = connection.begin_with_options(immediate()).await.unwrap();
    refused.rollback().await.unwrap();
    let change = connection.begin_with_options(immediate()).await.unwrap();
    let written = "UPDATE write_proof SET count = 7";
    change.execute_unprepared(written).await.unwrap();
    change.commit().await.unwrap();
    let count = "SELECT count FROM write_proof";
    assert_eq!(database.number(count).await, 0, "acknowledged into nowhere");
}

#[tokio::test]
async fn a_change_is_not_acknowledged_once_its_file_is_gone() {
    let database = sqlite();
    let store = migrated(&database).await;
    let folder = database.folder().unwrap();
    let aside = tempfile::tempdir().unwrap();
    for name in ["test.db", "test.db-wal"] {
        let change = Box::new(begin(&store).await);
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.append(&event(1)).await.unwrap();
        let (here, there) = (folder.join(name), aside.path().join(name));
        std::fs::rename(&here, &there).unwrap();
        let answered = change.commit().await;
        assert!(
            matches!(
                answered,
                Err(CommitError::Unknown(StoreError::Storage { .. }))
            ),
            "{name}: {answered:?}"
        );
        for refused in [
            store.begin(change_id(), ChangeOrder::Last).await.map(drop),
            store.reads.head().await.map(drop),
            store.prove_write(1).await,
        ] {
            let Err(StoreError::Storage { failure, .. }) = refused else {
                panic!("{name}: {refused:?}");
            };
            assert!(failure.to_string().contains("no longer at its path"));
        }
        std::fs::rename(there, here).unwrap();
        store.prove_write(1).await.unwrap();
        database.execute("DELETE FROM users").await;
        database.execute("DELETE FROM events").await;
        database.execute("DELETE FROM event_personal").await;
        database.execute("UPDATE event_head SET seq = 0").await;
    }
}

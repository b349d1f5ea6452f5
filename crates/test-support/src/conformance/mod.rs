//! What the rules rely on, whatever the database: one suite on the ports of the domain.
//!
//! Each function is one test; `crates/storage/tests/conformance.rs` runs them on every database.

#![expect(clippy::unwrap_used, reason = "what fails here is what is tested")]

pub mod changes;
pub mod constraints;
pub mod currency;
pub mod directory;
pub mod ended;
pub mod migrations;
pub mod pages;
pub mod people;
pub mod reads;
pub mod rows;
pub mod samples;
pub mod usage;

use ats_pat_domain::port::{ChangeOrder, Store};
use ats_pat_storage::{Database, OpenOptions};

use crate::database::TestDatabase;

/// The database, opened, with its tables.
pub async fn open(database: &TestDatabase) -> Database {
    let opened = Database::open(database.url(), OpenOptions::default())
        .await
        .expect("the test database opens");
    opened.migrate().await.expect("the tables are made");
    opened
}

/// Makes one change of one event around `write`.
pub async fn change<F>(store: &dyn Store, write: F)
where
    F: AsyncFnOnce(&dyn ats_pat_domain::port::Transaction),
{
    let transaction = begin(store).await;
    let seq = transaction.head().seq + 1;
    write(transaction.as_ref()).await;
    let event = samples::event(seq);
    transaction
        .append(&event)
        .await
        .expect("the event is written");
    transaction.commit().await.expect("the change is committed");
}

/// A change that waits behind the others.
pub async fn begin(store: &dyn Store) -> Box<dyn ats_pat_domain::port::Transaction> {
    let begun = store.begin(samples::change_id(), ChangeOrder::Last).await;
    begun.expect("a change begins")
}

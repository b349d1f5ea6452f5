//! A database that hangs: connections stay open, and no answer comes.

use std::time::Duration;

use ats_pat_domain::port::{ChangeOrder, Repositories as _, Store as _, StoreError};
use ats_pat_storage::{Database, OpenOptions};
use ats_pat_test_support::conformance::samples;
use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::{TestDatabase, on_every_server};
use tokio::time::Instant;

const SOON: Duration = Duration::from_secs(1);

#[on_every_server]
async fn once_a_database_is_known_to_hang_callers_hear_of_it_within_a_second(
    database: &TestDatabase,
) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let store = Database::open(&url, OpenOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    proxy.arm(Fault::Silent);
    // Until the database is known to hang, a slow answer is better than none.
    loop {
        let begun = Instant::now();
        let refused = store.users().all().await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))));
        if begun.elapsed() < SOON {
            break;
        }
    }
    for _ in 0..3 {
        let begun = Instant::now();
        assert!(store.users().all().await.is_err());
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        let begun = Instant::now();
        let change = store.begin(samples::change_id(), ChangeOrder::Last).await;
        assert!(change.is_err());
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    proxy.arm(Fault::None);
    while store.users().all().await.is_err() {}
    let change = store.begin(samples::change_id(), ChangeOrder::Last).await;
    change.unwrap().rollback().await.unwrap();
}

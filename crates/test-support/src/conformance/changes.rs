//! Changes: serial, whole or not at all.

use std::sync::Arc;

use ats_pat_domain::event::Head;
use ats_pat_domain::port::{ChangeOrder, CommitError, Repositories, Store, StoreError};

use super::samples::{change_id, event, event_hash, user, user_id};
use super::{change, open};
use crate::database::TestDatabase;

/// Twenty that change at once, through two programs, leave numbers without gap or double.
pub async fn parallel_changes_are_numbered_without_gap(database: &TestDatabase) {
    let stores = [
        Arc::new(open(database).await),
        Arc::new(open(database).await),
    ];
    let tasks: Vec<_> = (0..20_u128)
        .map(|number| {
            let store = Arc::clone(&stores[usize::from(number % 2 == 0)]);
            tokio::spawn(async move {
                loop {
                    let change = match store.begin(change_id(), ChangeOrder::Last).await {
                        Ok(change) => change,
                        Err(StoreError::Retryable(_)) => continue,
                        Err(error) => panic!("{error:?}"),
                    };
                    let head = change.head();
                    assert_eq!(change.events().head().await.unwrap(), head);
                    change
                        .insert_user(&user(number, &format!("user {number}")))
                        .await
                        .unwrap();
                    let mut next = event(head.seq + 1);
                    next.subject = number.to_string();
                    change.append(&next).await.unwrap();
                    match change.commit().await {
                        Ok(()) => return,
                        Err(CommitError::Undone(StoreError::Retryable(_))) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let store = &stores[0];
    let seqs: Vec<i64> = store
        .events()
        .from(0, 100)
        .await
        .unwrap()
        .iter()
        .map(|event| event.seq)
        .collect();
    assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
    assert_eq!(store.users().all().await.unwrap().len(), 20);
    let head = store.events().head().await.unwrap();
    assert_eq!(
        head,
        Head {
            seq: 20,
            hash: event_hash(20)
        }
    );
}

/// A change that is taken back or let go leaves nothing, and lets the next one in.
pub async fn a_change_without_a_commit_leaves_nothing(database: &TestDatabase) {
    let store = open(database).await;
    assert_eq!(store.events().head().await.unwrap(), Head::EMPTY);
    let write = async || {
        let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
        assert_eq!(change.head(), Head::EMPTY);
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.append(&event(1)).await.unwrap();
        change
    };
    write().await.rollback().await.unwrap();
    drop(write().await);
    drop(write().await);
    assert!(store.users().by_id(user_id(1)).await.unwrap().is_none());
    assert_eq!(store.events().head().await.unwrap(), Head::EMPTY);
    assert_eq!(store.events().from(0, 9).await.unwrap(), []);
    write().await.commit().await.unwrap();
    assert_eq!(store.events().head().await.unwrap().seq, 1);
}

/// After a failed statement nothing more is done, and COMMIT undoes what was.
pub async fn a_failed_statement_undoes_the_change(database: &TestDatabase) {
    let store = open(database).await;
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
    })
    .await;
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    change.append(&event(2)).await.unwrap();
    change.insert_user(&user(2, "bob")).await.unwrap();
    assert!(matches!(
        change.insert_user(&user(3, "ADA")).await,
        Err(StoreError::Conflict(_))
    ));
    assert!(change.insert_user(&user(4, "eve")).await.is_err());
    assert!(change.users().by_id(user_id(1)).await.is_err());
    assert!(matches!(
        change.commit().await,
        Err(CommitError::Undone(StoreError::Other(_)))
    ));
    assert_eq!(store.users().all().await.unwrap().len(), 1);
    assert_eq!(store.events().head().await.unwrap().seq, 1);
}

/// An event that does not follow the last one, or a statement given up half-way, ends its change.
pub async fn an_event_must_follow_the_last_one(database: &TestDatabase) {
    let store = open(database).await;
    change(&store, async |_| {}).await;
    for seq in [0, 1, 3, i64::MAX, i64::MIN] {
        let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
        assert!(change.append(&event(seq)).await.is_err(), "{seq}");
        assert!(
            matches!(change.commit().await, Err(CommitError::Undone(_))),
            "{seq}"
        );
    }
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    change.append(&event(2)).await.unwrap();
    let ada = user(1, "ada");
    let answered = {
        // Polled once: the statement is under way, then its caller goes away.
        let mut insert = change.insert_user(&ada);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        insert.as_mut().poll(&mut context).is_ready()
    };
    if answered {
        // SQLite's own thread can be that fast; then nothing was given up.
        return change.rollback().await.unwrap();
    }
    assert!(matches!(change.commit().await, Err(CommitError::Undone(_))));
    assert_eq!(store.events().head().await.unwrap().seq, 1);
    assert!(store.users().all().await.unwrap().is_empty());
}

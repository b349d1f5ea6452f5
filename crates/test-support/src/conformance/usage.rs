//! Use figures and signs of life: never backwards.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::{Repositories, SignOfLife, Store, UsageRecord};

use super::samples::{session, token, token_id, user};
use super::{change, open};
use crate::clock::START;
use crate::database::TestDatabase;

fn used(number: u128, seconds: u64, from: &str) -> UsageRecord {
    UsageRecord {
        token_id: token_id(number),
        used_at: START.after(Duration::from_secs(seconds)),
        used_from: from.to_owned(),
    }
}

/// The last use wins, in whatever order uses are written.
pub async fn uses_never_go_back(database: &TestDatabase) {
    let store = open(database).await;
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        for number in 1..=3 {
            change
                .insert_token(&token(number, 1, &format!("token {number}")))
                .await
                .unwrap();
        }
    })
    .await;
    let last = async |number| {
        let listed = store
            .tokens()
            .by_id(token_id(number))
            .await
            .unwrap()
            .unwrap();
        listed
            .usage
            .map(|usage| (usage.last_used_at, usage.last_used_from))
    };
    let at =
        |seconds, from: &str| Some((START.after(Duration::from_secs(seconds)), from.to_owned()));
    store.record_usage(&[]).await.unwrap();
    store
        .record_usage(&[
            used(2, 5, "b"),
            used(1, 1, "a"),
            used(1, 3, "c"),
            used(1, 2, "d"),
        ])
        .await
        .unwrap();
    assert_eq!(
        (last(1).await, last(2).await, last(3).await),
        (at(3, "c"), at(5, "b"), None)
    );
    store
        .record_usage(&[
            used(1, 2, "late"),
            used(2, 6, "2001:db8::ffff:ffff:ffff:ffff"),
        ])
        .await
        .unwrap();
    assert_eq!(
        (last(1).await, last(2).await),
        (at(3, "c"), at(6, "2001:db8::ffff:ffff:ffff:ffff"))
    );
    // Two replicas at once.
    let rising: Vec<_> = (1..=3).map(|number| used(number, 10, "x")).collect();
    let falling: Vec<_> = (1..=3).rev().map(|number| used(number, 9, "y")).collect();
    let (one, other) = tokio::join!(store.record_usage(&rising), store.record_usage(&falling));
    one.and(other).unwrap();
    assert_eq!((last(1).await, last(3).await), (at(10, "x"), at(10, "x")));
}

/// A session is seen later and later, until it is removed.
pub async fn sessions_are_seen_forwards(database: &TestDatabase) {
    let store = open(database).await;
    let later = |seconds| START.after(Duration::from_secs(seconds));
    let mut ended = session(2, 1);
    ended.row.ends_at = later(1);
    ended.row.last_seen_at = Timestamp::MAX;
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        for session in [&session(1, 1), &ended, &session(3, 1), &session(4, 1)] {
            change.insert_session(session).await.unwrap();
        }
    })
    .await;
    let hashes = async || -> Vec<u8> {
        store
            .sessions()
            .all()
            .await
            .unwrap()
            .iter()
            .map(|session| session.row.id_hash[0])
            .collect()
    };
    store
        .touch_session(&[1; 32], later(20), &[2])
        .await
        .unwrap();
    store
        .touch_session(&[1; 32], later(10), &[1])
        .await
        .unwrap();
    store
        .touch_session(&[9; 32], later(10), &[1])
        .await
        .unwrap();
    let found = store.sessions().by_hash(&[1; 32]).await.unwrap().unwrap();
    let seen = found.session;
    assert_eq!(seen.row.last_seen_at, later(20));
    assert_eq!(seen.row.seen_tag, Some(vec![2]));
    let delete = async |ended_before, idle_since, limit| {
        let deleted = store.delete_ended_sessions(ended_before, idle_since, limit);
        deleted.await.unwrap()
    };
    assert_eq!(delete(later(1), START, 9).await, 0);
    assert_eq!(hashes().await, [1, 2, 3, 4]);
    assert_eq!(delete(later(2), START, 9).await, 1);
    assert_eq!(hashes().await, [1, 3, 4]);
    // Two are due, and one is removed at a time.
    assert_eq!(delete(START, later(5), 1).await, 1);
    assert_eq!(hashes().await.len(), 2);
    assert_eq!(delete(START, later(5), 9).await, 1);
    assert_eq!(hashes().await, [1]);
    assert_eq!(delete(START, later(5), 9).await, 0);
}

/// Of each token, in the order of ids, the last of what was done to it.
pub async fn signs_of_life_are_the_latest(database: &TestDatabase) {
    let store = open(database).await;
    let mut regenerated = token(2, 1, "regenerated");
    regenerated.row.regenerated_at = Some(START.after(Duration::from_secs(20)));
    let mut revoked = token(3, 1, "revoked");
    revoked.row.revoked_at = Some(START.after(Duration::from_secs(30)));
    let plain = token(1, 1, "plain");
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        for token in [&revoked, &plain, &regenerated] {
            change.insert_token(token).await.unwrap();
        }
    })
    .await;
    let uses = [used(2, 10, "a"), used(3, 40, "b")];
    store.record_usage(&uses).await.unwrap();
    let sign = |number, seconds, ends_at, from: Option<&str>| SignOfLife {
        token_id: token_id(number),
        owner_id: plain.row.owner_id,
        last: START.after(Duration::from_secs(seconds)),
        ends_at,
        last_used_from: from.map(ToOwned::to_owned),
    };
    let expires_at = plain.row.expires_at;
    let expected = [
        sign(1, 0, expires_at, None),
        sign(2, 20, expires_at, Some("a")),
        sign(3, 40, START.after(Duration::from_secs(30)), Some("b")),
    ];
    let signs = store.tokens().signs_of_life(None, 2).await.unwrap();
    assert_eq!(signs, expected[..2]);
    let rest = store.tokens().signs_of_life(Some(token_id(2)), 2).await;
    assert_eq!(rest.unwrap(), expected[2..]);
    let none = store.tokens().signs_of_life(Some(token_id(3)), 2).await;
    assert!(none.unwrap().is_empty());
}

//! Reads of several tables by one statement.

use ats_pat_domain::list::EventFilter;
use ats_pat_domain::name::fold;
use ats_pat_domain::port::{ChangeOrder, Repositories, Store, TokenCounts};
use ats_pat_domain::{DisplayName, TokenName};

use super::samples::{change_id, event, secret, signing_key, token, token_id, user, user_id};
use super::{change, open};
use crate::clock::START;
use crate::database::TestDatabase;

/// All that an exchange decides on, for living and dead secrets.
pub async fn a_grant_is_read_completely(database: &TestDatabase) {
    let store = open(database).await;
    let (ada, eve) = (user(1, "ada"), user(2, "eve"));
    let (ci, cd) = (token(1, 1, "ci"), token(2, 2, "cd"));
    let mut dead = secret(1, 1, 1);
    dead.row.slot = None;
    let (current, other) = (secret(2, 1, 2), secret(3, 2, 1));
    change(&store, async |change| {
        for user in [&ada, &eve] {
            change.insert_user(user).await.unwrap();
        }
        for token in [&ci, &cd] {
            change.insert_token(token).await.unwrap();
        }
        for secret in [&dead, &current, &other] {
            change.insert_secret(secret).await.unwrap();
        }
        change
            .insert_signing_key(&signing_key("kid"))
            .await
            .unwrap();
        change.bump_ring_version().await.unwrap();
    })
    .await;
    for (secret, token, owner) in [
        (&dead, &ci, &ada),
        (&current, &ci, &ada),
        (&other, &cd, &eve),
    ] {
        let grant = store
            .secrets()
            .grant(&secret.row.hash)
            .await
            .unwrap()
            .unwrap();
        assert!(grant.secret == *secret && grant.token == *token && grant.owner == *owner);
        assert_eq!(grant.ring_version, 1);
    }
    assert!(store.secrets().grant(&[9; 32]).await.unwrap().is_none());
    let bearer = store.tokens().bearer(token_id(2)).await.unwrap().unwrap();
    assert!(bearer.token == cd && bearer.owner == eve);
    assert!(store.tokens().bearer(token_id(9)).await.unwrap().is_none());
}

/// Names are taken by active tokens of the same owner, compared folded.
pub async fn names_are_taken_by_active_tokens(database: &TestDatabase) {
    let store = open(database).await;
    let mut revoked = token(2, 1, "revoked");
    revoked.row.revoked_at = Some(START);
    let active = token(1, 1, "Straße");
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.insert_user(&user(2, "eve")).await.unwrap();
        for token in [&active, &revoked] {
            change.insert_token(token).await.unwrap();
        }
    })
    .await;
    let tokens = store.tokens();
    let taken = async |owner, folded, now| {
        tokens
            .active_with_name(user_id(owner), folded, now)
            .await
            .unwrap()
    };
    assert_eq!(taken(1, "strasse", START).await, Some(token_id(1)));
    assert_eq!(taken(1, "strasse", active.row.expires_at).await, None);
    assert_eq!(taken(1, "Straße", START).await, None);
    assert_eq!(taken(2, "strasse", START).await, None);
    assert_eq!(taken(1, "revoked", START).await, None);
    assert_eq!(tokens.count_active(user_id(1), START).await.unwrap(), 1);
    assert_eq!(
        tokens
            .count_active(user_id(1), active.row.expires_at)
            .await
            .unwrap(),
        0
    );
    assert_eq!(tokens.count_active(user_id(2), START).await.unwrap(), 0);
    store.ping().await.unwrap();
}

/// Every token is counted once, whatever the size of the parts.
pub async fn tokens_are_counted_by_status_in_parts(database: &TestDatabase) {
    let store = open(database).await;
    let hours = |hours| START.after(std::time::Duration::from_hours(hours));
    let mut tokens: Vec<_> = (1..=7).map(|number| token(number, 1, "ci")).collect();
    for (number, token) in tokens.iter_mut().enumerate() {
        token.row.name = TokenName::new(&format!("ci {number}")).unwrap();
    }
    for token in &mut tokens[..2] {
        token.row.revoked_at = Some(START);
    }
    tokens[2].row.expires_at = START;
    tokens[3].row.expires_at = hours(24);
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        for token in &tokens {
            change.insert_token(token).await.unwrap();
        }
    })
    .await;
    let all = TokenCounts {
        active: 4,
        expired: 1,
        revoked: 2,
        expiring: 3,
    };
    for size in [1, 2, 7, 8] {
        let (mut counted, mut after) = (TokenCounts::default(), None);
        loop {
            let part = store
                .tokens()
                .count_by_status(after, size, START, hours(2))
                .await;
            let (counts, last) = part.unwrap();
            counted = counted.and(counts);
            after = last;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(counted, all, "in parts of {size}");
    }
}

/// Events by owner, kind and subject, from the newest back.
pub async fn events_are_filtered(database: &TestDatabase) {
    let store = open(database).await;
    let (first, mut second, third) = (event(1), event(2), event(3));
    second.owner = None;
    second.kind = String::from("restore.accepted");
    second.subject = String::from("1");
    let change = store.begin(change_id(), ChangeOrder::Last).await.unwrap();
    let mut ada = user(1, "ada");
    ada.row.display_name = DisplayName::new("Lovelace").unwrap();
    change.insert_user(&ada).await.unwrap();
    for event in [&first, &second, &third] {
        change.append(event).await.unwrap();
    }
    change.commit().await.unwrap();
    let all = EventFilter {
        limit: 9,
        ..EventFilter::default()
    };
    let owned = |number| EventFilter {
        owner: Some(user_id(number)),
        ..all.clone()
    };
    let of_called = |text: &str| EventFilter {
        owner_called: Some(fold(text)),
        ..all.clone()
    };
    let of_kind = |kind: &str| EventFilter {
        kind: Some(kind.to_owned()),
        ..all.clone()
    };
    let about = |subjects: &[&str]| EventFilter {
        subjects: Some(subjects.iter().map(ToString::to_string).collect()),
        ..all.clone()
    };
    let before = |seq| EventFilter {
        before: Some(seq),
        ..all.clone()
    };
    let several = EventFilter {
        kind: Some(first.kind.clone()),
        before: Some(3),
        ..owned(1)
    };
    let limited = EventFilter {
        limit: 2,
        ..all.clone()
    };
    for (filter, expected) in [
        (all.clone(), vec![3, 2, 1]),
        (limited, vec![3, 2]),
        (before(3), vec![2, 1]),
        (before(1), vec![]),
        (owned(1), vec![3, 1]),
        (owned(9), vec![]),
        (of_called("AD"), vec![3, 1]),
        (of_called("love"), vec![3, 1]),
        (of_called("grace"), vec![]),
        (of_kind("restore.accepted"), vec![2]),
        (of_kind("Restore.accepted"), vec![]),
        (about(&["nothing", "1"]), vec![2]),
        (about(&["1", &first.subject]), vec![3, 2, 1]),
        (about(&[]), vec![]),
        (several, vec![1]),
    ] {
        let found = store.events().newest(&filter).await.unwrap();
        let seqs: Vec<i64> = found.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, expected, "{filter:?}");
    }
}

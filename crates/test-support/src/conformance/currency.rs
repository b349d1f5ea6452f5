//! What tells rows that stand there from rows that were put back, as far as the database has it.

use ats_pat_domain::port::{Repositories as _, Retagged, RowKey, Store as _};
use ats_pat_domain::tagged::{KeyId, Tag};

use super::samples::{secret, token, token_id, user, user_id};
use super::{change, open};
use crate::database::TestDatabase;

/// A checkpoint comes back in one piece, takes an earlier one's place, and is read only if it is
/// newer.
pub async fn checkpoints_come_back(database: &TestDatabase) {
    let store = open(database).await;
    assert_eq!(store.checkpoint(0).await.unwrap(), None);
    let large = vec![7_u8; 300_000];
    store
        .keep_checkpoint(5, &[&large, &[1, 2], &large])
        .await
        .unwrap();
    let whole = [&large[..], &[1, 2], &large].concat();
    assert_eq!(store.checkpoint(4).await.unwrap(), Some(whole));
    assert_eq!(store.checkpoint(5).await.unwrap(), None, "no newer one");
    store.keep_checkpoint(6, &[&[9]]).await.unwrap();
    assert_eq!(store.checkpoint(0).await.unwrap(), Some(vec![9]));
}

/// A row gets another tag only if it still has the one that was read.
pub async fn tags_are_replaced_where_they_were_read(database: &TestDatabase) {
    let store = open(database).await;
    let (one, two) = (secret(1, 1, 1), secret(2, 2, 1));
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        for (number, secret) in [(1, &one), (2, &two)] {
            let token = token(number, 1, &format!("token {number}"));
            change.insert_token(&token).await.unwrap();
            change.insert_secret(secret).await.unwrap();
        }
    })
    .await;
    let tag = Tag {
        key_id: KeyId(8),
        bytes: vec![8; 73],
    };
    let retagged = |key, was: &[u8]| Retagged {
        key,
        was: was.to_vec(),
        tag: tag.clone(),
    };
    let rows = [
        retagged(RowKey::Secret([1; 32]), &one.tag.bytes),
        retagged(RowKey::Secret([2; 32]), b"another"),
        retagged(
            RowKey::Token(token_id(1)),
            &token(1, 1, "token 1").tag.bytes,
        ),
        retagged(RowKey::User(user_id(1)), &user(1, "ada").tag.bytes),
    ];
    store.retag(&rows).await.unwrap();
    let secrets = store.secrets().after(None, 9).await.unwrap();
    assert_eq!(secrets[0].tag, tag);
    assert!(secrets[0].row == one.row);
    assert_eq!(secrets[1].tag, two.tag);
    let tokens = store.tokens().after(None, 9).await.unwrap();
    assert_eq!(tokens[0].tag, tag);
    assert_ne!(tokens[1].tag, tag);
    let ada = store.users().by_id(user_id(1)).await.unwrap().unwrap();
    assert_eq!(ada.tag, tag);
}

/// The ids of tokens are told, whether or not their rows can be read.
pub async fn ids_of_unreadable_tokens_are_listed(database: &TestDatabase) {
    let store = open(database).await;
    change(&store, async |change| {
        for (owner, name) in [(1, "ada"), (2, "bob")] {
            change.insert_user(&user(owner, name)).await.unwrap();
        }
        for (number, owner) in [(1, 1), (2, 2), (3, 1)] {
            let token = token(number, owner, &format!("token {number}"));
            change.insert_token(&token).await.unwrap();
        }
    })
    .await;
    database.execute("UPDATE tokens SET generation = -1").await;
    let all = [(1, 1), (2, 2), (3, 1)].map(|(id, owner)| (token_id(id), user_id(owner)));
    let tokens = store.tokens();
    assert_eq!(tokens.ids(None, None, 9).await.unwrap(), all);
    assert_eq!(
        tokens.ids(None, Some(token_id(1)), 1).await.unwrap(),
        all[1..2]
    );
    let of_ada = tokens.ids(Some(user_id(1)), None, 9).await.unwrap();
    assert_eq!(of_ada, [all[0], all[2]]);
    let readable = tokens.after(None, 9).await.unwrap();
    assert!(readable.is_empty());
}

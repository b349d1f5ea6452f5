//! What was written comes back as it was.

use std::slice;

use ats_pat_domain::list::EventFilter;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::{KeyRepository, Repositories, StoredPolicy};
use ats_pat_domain::secret::Slot;
use ats_pat_domain::session::ProviderSession;
use ats_pat_domain::{Description, ProviderName, Scopes, Timestamp, TokenName};

use super::people::longest;
use super::samples::{
    FIRST, event, policy, root_key, secret, session, setup_link, signing_key, status_place, tag,
    token, token_id, user, user_id,
};
use super::{change, open};
use crate::clock::START;
use crate::database::TestDatabase;
use ats_pat_storage::Database;

/// Tokens, with everything present, absent and extreme.
pub async fn tokens_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let plain = token(1, 1, "ci");
    let mut full = token(2, 1, &longest());
    full.row.description = Description::new(&"\u{fdfa}".repeat(500)).unwrap();
    full.row.scopes = Scopes::from_stored("orders:read orders:write");
    full.row.allowed_networks = Some(
        AllowedNetworks::parse(&["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()]).unwrap(),
    );
    full.row.generation = u32::MAX;
    full.row.created_at = FIRST;
    full.row.expires_at = Timestamp::MAX;
    full.row.regenerated_at = Some(Timestamp::from_millis(-1));
    full.row.revoked_at = Some(Timestamp::from_millis(0));
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.insert_token(&plain).await.unwrap();
        change.insert_token(&full).await.unwrap();
    })
    .await;
    let tokens = store.tokens();
    assert_eq!(
        tokens.by_id(token_id(1)).await.unwrap().unwrap().token,
        plain
    );
    assert_eq!(
        tokens
            .owned(user_id(1), token_id(2))
            .await
            .unwrap()
            .unwrap()
            .token,
        full
    );
    assert_eq!(tokens.owned(user_id(2), token_id(2)).await.unwrap(), None);
    assert_eq!(
        tokens.after(None, 1).await.unwrap(),
        slice::from_ref(&plain)
    );
    assert_eq!(
        tokens.after(Some(token_id(1)), 9).await.unwrap(),
        slice::from_ref(&full)
    );
    assert_eq!(tokens.after(Some(token_id(2)), 9).await.unwrap(), []);
    full.row.name = TokenName::new("𝒩ame ☃").unwrap();
    full.row.allowed_networks = None;
    full.row.revoked_at = None;
    full.tag = tag(201);
    change(&store, async |change| {
        change.update_token(&full).await.unwrap();
    })
    .await;
    assert_eq!(
        tokens.by_id(token_id(2)).await.unwrap().unwrap().token,
        full
    );
}

/// Secrets in every slot.
pub async fn secrets_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let mut dead = secret(1, 1, 1);
    dead.row.slot = None;
    let mut overlap = secret(2, 1, 2);
    overlap.row.slot = Some(Slot::Overlap);
    overlap.row.valid_until = Some(Timestamp::MAX);
    overlap.row.status_index = Some(i64::MAX.unsigned_abs());
    let mut current = secret(255, 1, u32::MAX);
    current.row.ends_overlap = true;
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.insert_token(&token(1, 1, "ci")).await.unwrap();
        for secret in [&current, &overlap, &dead] {
            change.insert_secret(secret).await.unwrap();
        }
    })
    .await;
    let secrets = store.secrets();
    let all = [dead.clone(), overlap.clone(), current.clone()];
    assert!(secrets.of_token(token_id(1)).await.unwrap() == all);
    assert!(secrets.after(None, 9).await.unwrap() == all);
    let listed = store.tokens().by_id(token_id(1)).await.unwrap().unwrap();
    assert!(listed.in_overlap.as_ref() == Some(&overlap));
    assert!(secrets.after(Some([1; 32]), 1).await.unwrap() == [overlap]);
    current.row.slot = None;
    current.row.ends_overlap = false;
    current.tag = tag(202);
    change(&store, async |change| {
        change.update_secret(&current).await.unwrap();
    })
    .await;
    assert!(secrets.after(Some([254; 32]), 9).await.unwrap() == [current]);
}

/// Places in the status list: found by index, by freedom and by what they say.
pub async fn status_places_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let at = |seconds| START.after(std::time::Duration::from_secs(seconds));
    let mut places = [
        status_place(0, false, at(30)),
        status_place(7, true, at(20)),
        status_place(8, true, at(10)),
        status_place(u64::from(u32::MAX), false, at(20)),
    ];
    assert_eq!(store.status_places().greatest_index().await.unwrap(), None);
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        change.insert_token(&token(1, 1, "ci")).await.unwrap();
        for place in &places {
            change.insert_status_place(place).await.unwrap();
        }
    })
    .await;
    let found = store.status_places();
    let last = u64::from(u32::MAX);
    assert_eq!(found.greatest_index().await.unwrap(), Some(last));
    assert_eq!(found.by_index(7).await.unwrap(), Some(places[1].clone()));
    assert_eq!(found.by_index(9).await.unwrap(), None);
    assert_eq!(found.after(None, 9).await.unwrap(), places);
    assert_eq!(found.after(Some(7), 1).await.unwrap(), places[2..3]);
    assert_eq!(found.first_free(at(9)).await.unwrap(), None);
    assert_eq!(
        found.first_free(at(10)).await.unwrap(),
        Some(places[2].clone())
    );
    places[2].row.revoked = false;
    places[2].row.free_at = Timestamp::MAX;
    places[2].row.generation = u32::MAX;
    places[2].tag = tag(203);
    change(&store, async |change| {
        change.update_status_place(&places[2]).await.unwrap();
    })
    .await;
    assert_eq!(found.by_index(8).await.unwrap(), Some(places[2].clone()));
    assert_eq!(
        found.first_free(at(20)).await.unwrap(),
        Some(places[1].clone())
    );
}

/// Sessions come back as they were written, with extreme values too.
pub async fn sessions_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let ada = user(1, "ada");
    let mut odd = session(1, 1);
    odd.row.created_at = FIRST;
    odd.row.last_seen_at = Timestamp::from_millis(-1);
    odd.row.ends_at = Timestamp::MAX;
    let provider = |id_hash| ProviderSession {
        provider: ProviderName::from_stored("x".repeat(32)),
        id_hash,
        authenticated_at: Some(Timestamp::MAX),
        is_administrator: true,
    };
    odd.row.provider = Some(provider(Some([7; 32])));
    let mut others = [session(2, 1), session(3, 2)];
    others[1].row.provider = Some(ProviderSession {
        authenticated_at: None,
        is_administrator: false,
        ..provider(None)
    });
    change(&store, async |change| {
        change.insert_user(&ada).await.unwrap();
        change.insert_user(&user(2, "bob")).await.unwrap();
        for session in [&others[1], &others[0], &odd] {
            change.insert_session(session).await.unwrap();
        }
    })
    .await;
    let sessions = store.sessions();
    let found = sessions.by_hash(&[1; 32]).await.unwrap().unwrap();
    assert!(found.session == odd && found.user == ada);
    assert_eq!(found.head, store.events().head().await.unwrap());
    assert!(sessions.by_hash(&[9; 32]).await.unwrap().is_none());
    assert!(sessions.of_user(user_id(1)).await.unwrap() == [odd.clone(), others[0].clone()]);
    assert!(sessions.of_provider_session(&[7; 32]).await.unwrap() == [odd.clone()]);
    assert!(
        sessions
            .of_provider_session(&[8; 32])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(sessions.all().await.unwrap() == [odd, others[0].clone(), others[1].clone()]);
    change(&store, async |change| {
        assert!(change.delete_session(&[3; 32]).await.unwrap());
        assert!(!change.delete_session(&[3; 32]).await.unwrap());
        assert_eq!(change.delete_sessions_of(user_id(1)).await.unwrap(), 2);
    })
    .await;
    assert!(sessions.all().await.unwrap().is_empty());
}

/// Root keys, signing keys and the ring's version.
pub async fn keys_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let ring = async |store: &Database| {
        let ring = store.keys().ring().await.unwrap();
        assert_eq!(ring.head, store.events().head().await.unwrap());
        (ring.version, ring.keys)
    };
    assert!(ring(&store).await == (0, vec![]));
    let mut root = root_key(i32::MAX);
    let mut second = signing_key("second");
    second.row.created_at = second
        .row
        .created_at
        .after(std::time::Duration::from_millis(1));
    let mut first = signing_key("first-_0123456789012345678901234567890123456");
    change(&store, async |change| {
        change.insert_root_key(&root).await.unwrap();
        change.insert_root_key(&root_key(1)).await.unwrap();
        change.insert_signing_key(&second).await.unwrap();
        change.insert_signing_key(&first).await.unwrap();
        change.bump_ring_version().await.unwrap();
        assert_eq!(change.keys().ring_version().await.unwrap(), 1);
    })
    .await;
    let keys: &dyn KeyRepository = store.keys();
    assert!(keys.root_keys().await.unwrap() == [root_key(1), root.clone()]);
    assert!(ring(&store).await == (1, vec![first.clone(), second.clone()]));
    root.sealed = vec![0; 5000];
    first.row.sealed = None;
    first.row.retired_at = Some(Timestamp::MAX);
    first.row.active_from = FIRST;
    change(&store, async |change| {
        change.update_root_key(&root).await.unwrap();
        change.update_signing_key(&first).await.unwrap();
        change.bump_ring_version().await.unwrap();
    })
    .await;
    assert!(keys.root_keys().await.unwrap()[1] == root);
    assert!(ring(&store).await == (2, vec![first, second]));
}

/// The set-up link: the last one only.
pub async fn setup_links_come_back(database: &TestDatabase) {
    let store = open(database).await;
    assert!(store.setup_links().current().await.unwrap().is_none());
    change(&store, async |change| {
        change.replace_setup_link(&setup_link(1)).await.unwrap();
    })
    .await;
    change(&store, async |change| {
        change.replace_setup_link(&setup_link(2)).await.unwrap();
    })
    .await;
    assert!(store.setup_links().current().await.unwrap() == Some(setup_link(2)));
    change(&store, async |change| {
        assert!(change.delete_setup_link().await.unwrap());
        assert!(!change.delete_setup_link().await.unwrap());
    })
    .await;
    assert!(store.setup_links().current().await.unwrap().is_none());
}

/// The policy: the last one only, as long as one can be.
pub async fn policies_come_back(database: &TestDatabase) {
    let store = open(database).await;
    assert!(store.policy().current().await.unwrap().is_none());
    let longest = "\u{fdfa}".repeat(StoredPolicy::MAX_BYTES / 3);
    for document in [longest.as_str(), "", "{\"a\": \"\u{1f511}'\\\"\"}"] {
        let policy = policy(document);
        change(&store, async |change| {
            change.replace_policy(&policy).await.unwrap();
        })
        .await;
        assert!(store.policy().current().await.unwrap() == Some(policy));
    }
}

/// Events, with and without their parts.
pub async fn events_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let full = event(1);
    let mut bare = event(2);
    bare.at = FIRST;
    bare.owner = None;
    bare.kind = String::from("restore.accepted");
    bare.details = (0..=255).collect();
    bare.personal_hash = None;
    bare.personal = None;
    let last = event(3);
    let change = super::begin(&store).await;
    // Several events in one change are numbered on.
    for event in [&full, &bare, &last] {
        change.append(event).await.unwrap();
    }
    change.commit().await.unwrap();
    let events = store.events();
    let head = events.head().await.unwrap();
    assert_eq!((head.seq, head.hash), (3, last.hash));
    let (full, bare, last) = (&full, &bare, &last);
    assert_eq!(
        events.from(2, 9).await.unwrap().iter().collect::<Vec<_>>(),
        [bare, last]
    );
    assert_eq!(
        events.from(0, 2).await.unwrap().iter().collect::<Vec<_>>(),
        [full, bare]
    );
    let newest = EventFilter {
        limit: 2,
        ..EventFilter::default()
    };
    let newest = events.newest(&newest).await.unwrap();
    assert_eq!(newest.iter().collect::<Vec<_>>(), [last, bare]);
    assert_eq!(events.seq_of(bare.id).await.unwrap(), Some(2));
    assert_eq!(events.seq_of(event(4).id).await.unwrap(), None);
    assert_eq!(
        events
            .last_of_kind("restore.accepted")
            .await
            .unwrap()
            .as_ref(),
        Some(bare)
    );
    assert_eq!(events.last_of_kind("Restore.Accepted").await.unwrap(), None);
}

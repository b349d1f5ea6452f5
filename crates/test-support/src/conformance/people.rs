//! Users and identities come back as they were written.

use ats_pat_domain::group::Groups;
use ats_pat_domain::port::Repositories;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DisabledBy, DisabledMarks, DisplayName, LinkedIdentity, ProviderName, ProviderSignIn,
    SignedInElsewhere, Tagged, Timestamp, UserName,
};

use super::samples::{FIRST, identity, tag, user, user_id};
use super::{change, open};
use crate::database::TestDatabase;

/// The longest folded form of all: 33 bytes for each of 100 characters, and every one of them
/// decides.
pub fn longest() -> String {
    "\u{fdfa}".repeat(100)
}

/// Identities, the longest too, and only by both parts of them, byte for byte.
pub async fn identities_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let long = |end: &str| format!("{}{end}", "☃".repeat(84));
    let rows = [
        identity(1, "corp", "https://id.example", "Ada"),
        identity(1, "other", "https://id.example", "ada"),
        identity(2, "corp", "https://id.exampleA", "da"),
        identity(3, "corp", &long("a"), &long("a")),
        identity(3, "other", &long("a"), &long("á")),
    ];
    change(&store, async |change| {
        for number in 1..=3 {
            let name = format!("user {number}");
            change.insert_user(&user(number, &name)).await.unwrap();
        }
        for row in &rows {
            change.insert_identity(row).await.unwrap();
        }
        let found = change.identities().of(&rows[0].row.identity).await.unwrap();
        assert!(found.as_ref() == Some(&rows[0]));
    })
    .await;
    let identities = store.identities();
    for row in &rows {
        let found = identities.of(&row.row.identity).await.unwrap();
        assert!(found.as_ref() == Some(row), "{}", row.row.identity.subject);
    }
    let nobody = identity(1, "corp", "https://id.example", "ADA");
    assert!(identities.of(&nobody.row.identity).await.unwrap().is_none());
    assert!(identities.of_user(user_id(1)).await.unwrap() == rows[..2]);
    assert!(identities.of_user(user_id(4)).await.unwrap().is_empty());

    // In parts of two, nothing is left out and nothing comes twice.
    let mut walked = Vec::new();
    loop {
        let after = walked.last().map(|last: &Tagged<LinkedIdentity>| &last.row);
        let after = after.map(|last| (last.user_id, &last.provider));
        let part = identities.after(after, 2).await.unwrap();
        if part.is_empty() {
            break;
        }
        walked.extend(part);
    }
    assert!(walked == rows);

    change(&store, async |change| {
        let provider = &rows[0].row.provider;
        let delete = change.delete_identity(user_id(1), provider).await;
        assert!(delete.unwrap());
        let again = change.delete_identity(user_id(1), provider).await;
        assert!(!again.unwrap());
    })
    .await;
    assert!(
        identities
            .of(&rows[0].row.identity)
            .await
            .unwrap()
            .is_none()
    );
    assert!(identities.of_user(user_id(1)).await.unwrap() == rows[1..2]);
}

/// As many groups as a user can have, with as many bytes.
fn most_groups() -> Groups {
    let names: Vec<String> = (100..299)
        .map(|number| format!("corp/{number} {}", "\u{fdfa}".repeat(97)))
        .collect();
    Groups::new(&names).expect("groups")
}

/// Sign-ins at as many providers as anybody could have.
fn most_sign_ins() -> SignedInElsewhere {
    let mut all = SignedInElsewhere::default();
    for number in 0..500 {
        let name = format!("{number:032}");
        let at = (number % 2 == 0).then_some(Timestamp::MAX);
        all.note(&ProviderName::from_stored(name), at);
    }
    all
}

/// Users, with everything present, absent and extreme.
pub async fn users_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let plain = user(1, "Ada");
    let mut odd = user(2, &longest());
    odd.row.display_name = DisplayName::new("𝒜da 👩‍💻 ☃").unwrap();
    odd.row.kind = UserKind::Service;
    odd.row.password_hash = None;
    odd.row.is_administrator = true;
    odd.row.disabled = DisabledMarks::from_stored(7);
    odd.row.provider_sign_in = Some(ProviderSignIn {
        provider: ProviderName::from_stored("x".repeat(32)),
        identity: identity(2, "corp", &"i".repeat(255), &"☃".repeat(85))
            .row
            .identity,
        at: Some(Timestamp::MAX),
    });
    odd.row.signed_in_elsewhere = most_sign_ins();
    odd.row.responsible_id = Some(user_id(1));
    odd.row.groups = most_groups();
    odd.row.created_at = FIRST;
    change(&store, async |change| {
        change.insert_user(&plain).await.unwrap();
        change.insert_user(&odd).await.unwrap();
        // A transaction sees its own changes.
        assert!(change.users().by_id(user_id(2)).await.unwrap().unwrap() == odd);
    })
    .await;
    assert!(store.users().by_id(user_id(1)).await.unwrap() == Some(plain.clone()));
    assert!(
        store
            .users()
            .by_folded_name(&odd.row.name.folded())
            .await
            .unwrap()
            == Some(odd.clone())
    );
    assert!(
        store.users().by_folded_name("ADA").await.unwrap().is_none(),
        "folded means folded"
    );
    assert!(store.users().by_id(user_id(3)).await.unwrap().is_none());
    assert!(store.users().administrators().await.unwrap() == [odd.clone()]);
    assert!(store.users().all().await.unwrap() == [plain, odd.clone()]);
    assert!(store.users().managed_by(user_id(1)).await.unwrap() == [odd.clone()]);
    assert!(
        store
            .users()
            .managed_by(user_id(2))
            .await
            .unwrap()
            .is_empty()
    );
    odd.row.password_hash = Some("x".repeat(300));
    odd.row.responsible_id = Some(user_id(3));
    odd.row.groups = Groups::default();
    odd.row.created_at = Timestamp::MAX;
    odd.row.disabled = DisabledMarks::of(DisabledBy::Administrator);
    let never = odd.row.provider_sign_in.as_mut().unwrap();
    never.at = None;
    odd.row.signed_in_elsewhere = SignedInElsewhere::default();
    odd.tag = tag(200);
    change(&store, async |change| {
        change.update_user(&odd).await.unwrap();
    })
    .await;
    let folded = odd.row.name.folded();
    assert!(store.users().by_folded_name(&folded).await.unwrap() == Some(odd.clone()));
    // Whoever tampers with names keeps no user from being written.
    odd.row.name = UserName::new("Ada").unwrap();
    odd.row.provider_sign_in = None;
    change(&store, async |change| {
        change.update_user(&odd).await.unwrap();
    })
    .await;
}

//! What the company's directory says comes back, and finds users.

use ats_pat_domain::group::{Group, Groups};
use ats_pat_domain::port::{Repositories as _, Retagged, RowKey, Store as _, StoreError, UserPage};
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DirectoryEntry, DirectoryGroup, DisplayName, GroupId, GroupName, Identity, Issuer, Subject,
    Tagged, Timestamp, User,
};
use uuid::Uuid;

use super::samples::{FIRST, identity, tag, tagged, user, user_id};
use super::{begin, change, open};
use crate::database::TestDatabase;

const ISSUER: &str = "https://id.example";

fn entry(issuer: &str, subject: &str) -> DirectoryEntry {
    DirectoryEntry {
        identity: Identity {
            issuer: Issuer::new(issuer).unwrap(),
            subject: Subject::new(subject).unwrap(),
        },
        is_provisioned: true,
        display_name: None,
        given_name: None,
        family_name: None,
        updated_at: FIRST,
    }
}

fn with_entry(number: u128, name: &str, entry: DirectoryEntry) -> Tagged<User> {
    let mut user = user(number, name);
    user.row.directory = Some(Box::new(entry));
    user
}

fn group_id(number: u128) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(number))
}

fn ids(page: &UserPage) -> Vec<User> {
    page.items.iter().map(|user| user.row.clone()).collect()
}

/// Entries of users, with everything present and extreme. An identity has one entry.
pub async fn entries_of_the_directory_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let mut ada = with_entry(1, "ada", entry(ISSUER, "1"));
    let mut longest = entry(&"i".repeat(255), &"☃".repeat(85));
    let name = DisplayName::new(&"𝒜".repeat(100)).unwrap();
    longest.display_name = Some(name.clone());
    longest.given_name = Some(name.clone());
    longest.family_name = Some(name);
    longest.updated_at = Timestamp::MAX;
    longest.is_provisioned = false;
    let bob = with_entry(2, "bob", longest);
    let mut carol = user(3, "carol");
    change(&store, async |change| {
        for user in [&ada, &bob, &carol] {
            change.insert_user(user).await.unwrap();
        }
    })
    .await;
    for user in [&ada, &bob] {
        let identity = &user.row.directory.as_ref().unwrap().identity;
        let found = store.users().by_directory(identity).await.unwrap();
        assert!(found.as_ref() == Some(user));
    }
    for other in [
        entry(ISSUER, "1 "),
        entry(ISSUER, "2"),
        entry("https://id.exampl", "e1"),
    ] {
        let found = store.users().by_directory(&other.identity).await.unwrap();
        assert!(found.is_none());
    }
    // Nobody else gets the entry.
    carol.row.directory.clone_from(&ada.row.directory);
    let transaction = begin(&store).await;
    let taken = transaction.rename_user(&carol).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    drop(transaction);
    // Whoever tampers with entries keeps no user from being written, and an entry can be removed.
    change(&store, async |change| {
        change.update_user(&carol).await.unwrap();
        ada.row.directory = None;
        change.update_user(&ada).await.unwrap();
        change.rename_user(&carol).await.unwrap();
    })
    .await;
    let found = store
        .users()
        .by_directory(&entry(ISSUER, "1").identity)
        .await;
    assert!(found.unwrap() == Some(carol));
}

/// The users of a directory, page by page, and the members of a group.
pub async fn users_of_the_directory_are_found(database: &TestDatabase) {
    let store = open(database).await;
    let ada = with_entry(1, "ada", entry(ISSUER, "1"));
    let linked = user(2, "bob");
    let mut admin = with_entry(3, "carol", entry(ISSUER, "3"));
    admin.row.is_administrator = true;
    let mut account = with_entry(4, "ci", entry(ISSUER, "4"));
    account.row.kind = UserKind::Service;
    let other = with_entry(5, "dan", entry("https://other.example", "5"));
    let mut member = user(6, "eve");
    let group = Group::of_directory(group_id(7));
    member.row.groups = Groups::new(&[group.as_str().to_owned(), "corp/a".to_owned()]).unwrap();
    change(&store, async |change| {
        for user in [&ada, &linked, &admin, &account, &other, &member] {
            change.insert_user(user).await.unwrap();
        }
        let identities = [
            identity(2, "corp", ISSUER, "2"),
            identity(1, "corp", ISSUER, "1"),
        ];
        for identity in &identities {
            change.insert_identity(identity).await.unwrap();
        }
    })
    .await;
    let issuer = Issuer::new(ISSUER).unwrap();
    let page = |offset, limit| store.users().in_directory(&issuer, offset, limit);
    let all = page(0, 10).await.unwrap();
    assert!(ids(&all) == [ada.row.clone(), linked.row.clone()] && all.total == 2);
    let second = page(1, 1).await.unwrap();
    assert!(ids(&second) == [linked.row] && second.total == 2);
    let none = page(0, 0).await.unwrap();
    assert!(none.items.is_empty() && none.total == 2);
    let behind = page(2, 1).await.unwrap();
    assert!(behind.items.is_empty() && behind.total == 2);
    let members = store.users().in_group(&group, None, 10).await.unwrap();
    assert!(members == [member]);
    let after = store.users().in_group(&group, Some(user_id(6)), 10).await;
    assert!(after.unwrap().is_empty());
    let nobody = Group::of_directory(group_id(8));
    let members = store.users().in_group(&nobody, None, 10).await.unwrap();
    assert!(members.is_empty());
}

/// Groups, with everything present, absent and extreme.
pub async fn groups_of_the_directory_come_back(database: &TestDatabase) {
    let store = open(database).await;
    let plain = DirectoryGroup {
        id: group_id(1),
        display_name: GroupName::new("Builders").unwrap(),
        external_id: None,
        created_at: FIRST,
        updated_at: FIRST,
    };
    let mut full = plain.clone();
    full.id = group_id(2);
    full.display_name = GroupName::new(&"𝒜".repeat(256)).unwrap();
    full.external_id = Some(Subject::new(&"☃".repeat(85)).unwrap());
    full.updated_at = Timestamp::MAX;
    let (mut plain, full) = (tagged(plain, 1), tagged(full, 2));
    change(&store, async |change| {
        change.insert_directory_group(&plain).await.unwrap();
        change.insert_directory_group(&full).await.unwrap();
        let found = change.directory_groups().by_id(group_id(2)).await.unwrap();
        assert!(found.as_ref() == Some(&full));
    })
    .await;
    let groups = store.directory_groups();
    assert!(groups.all().await.unwrap() == [plain.clone(), full.clone()]);
    plain.row.display_name = GroupName::new("Makers").unwrap();
    plain.tag = tag(3);
    change(&store, async |change| {
        change.update_directory_group(&plain).await.unwrap();
        change.delete_directory_group(group_id(2)).await.unwrap();
        change.delete_directory_group(group_id(2)).await.unwrap();
    })
    .await;
    assert!(groups.all().await.unwrap() == [plain.clone()]);
    let retagged = Retagged {
        key: RowKey::DirectoryGroup(group_id(1)),
        was: plain.tag.bytes.clone(),
        tag: tag(9),
    };
    store.retag(&[retagged]).await.unwrap();
    plain.tag = tag(9);
    assert!(groups.all().await.unwrap() == [plain]);
}

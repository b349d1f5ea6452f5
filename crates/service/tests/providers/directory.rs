//! What the company's directory does over SCIM, on every database. How it says so over HTTP is
//! tested with the server.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::port::ProvenIdentity;
use ats_pat_service::{
    Directory, DirectoryRules, DirectoryUser, Error, GroupChange, KeyHolder, MemberChange,
    NotSignedIn, Precondition, UserCondition,
};
use ats_pat_test_support::world::{ADDRESS, DAY, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret as _;

use crate::scene::{Company, person};

/// A company whose provider `corp` has a directory that knows users by this claim.
async fn company(database: &TestDatabase, claim: &str) -> (Company, KeyHolder) {
    let company = Company::of(database, |settings| {
        settings.directory = Some(DirectoryRules {
            provider: settings.providers[0].name.clone(),
            identity_claim: claim.to_owned(),
        });
    })
    .await;
    let holder = key_holder(&company).await;
    (company, holder)
}

/// The directory, by an operator key.
pub async fn key_holder(company: &Company) -> KeyHolder {
    let new = company.world.new_operator_key(&[Right::Scim]);
    let issued = company.service.operator().create_operator_key(new).await;
    let secret = issued.unwrap().secret;
    let presented = secret.expose_secret().as_bytes();
    let holder = company
        .service
        .authenticate_operator_key(presented, ADDRESS);
    holder.await.unwrap()
}

pub fn new_user(external_id: &str, name: &str) -> DirectoryUser {
    DirectoryUser {
        external_id: Some(external_id.to_owned()),
        user_name: Some(name.to_owned()),
        ..DirectoryUser::default()
    }
}

pub fn active(active: bool) -> DirectoryUser {
    DirectoryUser {
        active: Some(active),
        ..DirectoryUser::default()
    }
}

fn refusal<T>(result: Result<T, Error>) -> Option<DirectoryRefusal> {
    match result {
        Err(Error::Directory(refusal)) => Some(refusal),
        _ => None,
    }
}

async fn keep_out(directory: &Directory<'_>, id: &str) {
    let any = Precondition::default();
    directory
        .update_user(id, &active(false), any)
        .await
        .unwrap();
}

#[on_every_database(each = ["sub", "oid"])]
async fn one_person_is_one_user_in_both_orders(database: &TestDatabase, claim: &str) {
    let (company, holder) = company(database, claim).await;
    let directory = company.service.directory(&holder).unwrap();
    let signs_in = |number: &str, name: &str| ProvenIdentity {
        directory_id: Some(format!("oid-{number}")),
        ..person(number, name, &[])
    };
    let external_id = |number: &str| {
        if claim == "sub" {
            number.to_owned()
        } else {
            format!("oid-{number}")
        }
    };
    let ada = directory
        .create_user(&new_user(&external_id("1"), "ada"))
        .await
        .unwrap();
    let by = company.sign_in(signs_in("1", "other")).await.unwrap();
    assert_eq!(by.user().id, ada.id);
    let by = company.sign_in(signs_in("2", "bob")).await.unwrap();
    let new = new_user(&external_id("2"), "bob");
    let bob = directory.create_user(&new).await.unwrap();
    assert_eq!(by.user().id, bob.id);
    let taken = refusal(directory.create_user(&new).await);
    let attribute = "externalId";
    assert_eq!(taken, Some(DirectoryRefusal::Taken { attribute }));
    let mut both = vec![ada, bob];
    both.sort_unstable_by_key(|user| user.id);
    let page = directory.users(&[], 0, 10).await.unwrap();
    assert_eq!((page.items, page.total), (both, 2));
    let condition = UserCondition::ExternalId(external_id("2"));
    let page = directory.users(&[condition], 0, 10).await.unwrap();
    assert_eq!(page.total, 1);
    company.verified().await;
}

#[on_every_database]
async fn a_leaver_is_out_until_the_directory_says_otherwise_or_for_good(database: &TestDatabase) {
    let (company, holder) = company(database, "sub").await;
    let directory = company.service.directory(&holder).unwrap();
    let ada = directory.create_user(&new_user("1", "ada")).await.unwrap();
    let id = ada.id.to_string();
    let by = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let token = company.world.create(&by, "ci", DAY).await.unwrap();
    assert_eq!(code(company.world.exchange(&token.secret).await), 1);
    for _ in 0..2 {
        keep_out(&directory, &id).await;
        assert_eq!(code(company.world.exchange(&token.secret).await), 1205);
        assert!(!company.holds(&by).await);
    }
    let refused = company.sign_in(person("1", "ada", &[])).await;
    assert!(matches!(refused, Err(NotSignedIn::Disabled)));
    let any = Precondition::default;
    directory
        .update_user(&id, &active(true), any())
        .await
        .unwrap();
    assert_eq!(code(company.world.exchange(&token.secret).await), 1);
    directory.delete_user(&id, any()).await.unwrap();
    assert_eq!(code(company.world.exchange(&token.secret).await), 1203);
    let gone = refusal(directory.delete_user(&id, any()).await);
    assert_eq!(gone, Some(DirectoryRefusal::NotFound));
    let new = directory.create_user(&new_user("1", "ada")).await.unwrap();
    assert_ne!(new.id, ada.id);
    company.verified().await;
}

#[on_every_database]
async fn members_join_and_leave_a_group(database: &TestDatabase) {
    let (company, holder) = company(database, "sub").await;
    let directory = company.service.directory(&holder).unwrap();
    let mut ids = Vec::new();
    for number in 1..=3 {
        let new = new_user(&number.to_string(), &format!("user{number}"));
        ids.push(directory.create_user(&new).await.unwrap().id);
    }
    // The test's clock stands still, so the ids are in any order.
    ids.sort_unstable();
    let group = directory
        .create_group(GroupChange {
            display_name: Some("Builders".to_owned()),
            members: vec![MemberChange::Add(ids[..2].to_vec())],
            ..GroupChange::default()
        })
        .await
        .unwrap();
    assert_eq!(group.members, Some(ids[..2].to_vec()));
    let id = group.id.to_string();
    let change = |members| {
        let change = GroupChange {
            members,
            ..GroupChange::default()
        };
        directory.update_group(&id, change, Precondition::default(), true)
    };
    let several = vec![
        MemberChange::Remove(vec![ids[0]]),
        MemberChange::Add(vec![ids[2]]),
    ];
    let changed = change(several).await.unwrap();
    assert_eq!(changed.members, Some(ids[1..].to_vec()));
    let changed = change(vec![MemberChange::Replace(vec![ids[0]])])
        .await
        .unwrap();
    assert_eq!(changed.members, Some(vec![ids[0]]));
    directory
        .delete_group(&id, Precondition::default())
        .await
        .unwrap();
    assert!(
        directory
            .user(&ids[0].to_string())
            .await
            .unwrap()
            .groups
            .is_empty()
    );
    company.verified().await;
}

#[on_every_database(each = [
    "UPDATE users SET is_admin = NOT is_admin WHERE is_admin = FALSE",
    "UPDATE users SET directory = NULL, directory_issuer = NULL, directory_key = NULL",
    "UPDATE users SET directory_issuer = 'https://other.example'",
    "UPDATE users SET directory_key = NULL",
])]
async fn an_altered_user_is_kept_out_for_good(database: &TestDatabase, alter: &str) {
    let (company, holder) = company(database, "sub").await;
    let directory = company.service.directory(&holder).unwrap();
    let ada = directory.create_user(&new_user("1", "ada")).await.unwrap();
    let by = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let token = company.world.create(&by, "ci", DAY).await.unwrap();
    database.execute(alter).await;
    keep_out(&directory, &ada.id.to_string()).await;
    assert_ne!(
        code(company.world.exchange(&token.secret).await),
        1,
        "{alter}"
    );
    assert!(!company.holds(&by).await);
    assert!(company.sign_in(person("1", "ada", &[])).await.is_err());
}

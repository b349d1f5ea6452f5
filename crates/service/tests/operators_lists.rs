//! Lists of users, tokens and events, as operators see them.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::{Sort, TokenQuery, UserQuery, UserSort};
use ats_pat_domain::name::fold;
use ats_pat_domain::user::UserKind;
use ats_pat_service::view::{NamedEventView, UserPageView};
use ats_pat_service::{Error, EventQuery};
use ats_pat_test_support::statements::counted;
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

async fn users(world: &World, page: u32, search: &str) -> UserPageView {
    let query = UserQuery {
        page,
        page_size: 2,
        search: Some(fold(search)),
        ..UserQuery::default()
    };
    world.service.operator().user_page(query).await.unwrap()
}

fn names(page: &UserPageView) -> Vec<&str> {
    let names = page.items.iter().map(|user| user.user_name.as_str());
    names.collect()
}

#[on_every_database]
async fn users_are_listed_in_pages_by_name(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    for name in ["eve", "Straße", "ada", "strasbourg", "bob"] {
        world.add_user(name).await;
    }
    let first = users(&world, 1, "").await;
    assert_eq!((first.page, first.page_size, first.total), (1, 2, 5));
    assert_eq!(names(&first), ["ada", "bob"]);
    assert_eq!(names(&users(&world, 2, "").await), ["eve", "strasbourg"]);
    let found = users(&world, 1, "ＳＴＲＡSS").await;
    assert_eq!((names(&found), found.total), (vec!["Straße"], 1));
    let past = users(&world, 9, "stra").await;
    assert_eq!((names(&past), past.total), (vec![], 2));
}

#[on_every_database]
async fn users_are_filtered_by_kind_and_status_and_sorted(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    for name in ["ada", "Bob", "eve"] {
        world.add_user(name).await;
        world.clock.advance(Duration::from_secs(1));
    }
    world.add_service_account("deploy", "ada").await;
    let operator = world.service.operator();
    operator.disable_user("eve").await.unwrap();
    let listed = async |query: UserQuery| {
        let page = world.service.operator().user_page(query).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        let names = page.items.into_iter().map(|user| user.user_name);
        names.collect::<Vec<_>>().join(" ")
    };
    let by = |kind, disabled, sort: &str| UserQuery {
        kind,
        disabled,
        sort: UserSort::parse(sort).unwrap(),
        ..UserQuery::default()
    };
    for (kind, disabled, sort, expected) in [
        (None, None, "UserName", "ada Bob deploy eve"),
        (None, None, "-UserName", "eve deploy Bob ada"),
        (None, None, "-DisplayName", "eve deploy Bob ada"),
        (None, None, "CreatedAt", "ada Bob eve deploy"),
        (None, Some(true), "UserName", "eve"),
        (None, Some(false), "-CreatedAt", "deploy Bob ada"),
        (Some(UserKind::Service), None, "UserName", "deploy"),
        (Some(UserKind::Person), Some(false), "-UserName", "Bob ada"),
        (Some(UserKind::Erased), None, "UserName", ""),
    ] {
        assert_eq!(listed(by(kind, disabled, sort)).await, expected, "{sort}");
    }
}

#[on_every_database]
async fn a_planted_user_is_not_listed_and_hides_no_other(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    world.create(&ada, "ci", DAY).await.unwrap();
    let eve = world.signed_in("eve").await;
    world.create(&eve, "cd", DAY).await.unwrap();
    world.create(&eve, "ce", DAY).await.unwrap();
    database
        .execute("UPDATE users SET is_admin = NOT is_admin WHERE name = 'ada'")
        .await;
    database
        .execute("UPDATE tokens SET scopes = 'more' WHERE name = 'ce'")
        .await;
    let listed = users(&world, 1, "").await;
    assert_eq!((names(&listed), listed.total), (vec!["eve"], 2));

    let query = TokenQuery {
        sort: Sort::parse("Name").unwrap(),
        ..TokenQuery::of(None)
    };
    let operator = world.service.operator();
    let (page, statements) = counted(operator.tokens(None, query)).await;
    let page = page.unwrap();
    assert_eq!((page.page, page.page_size, page.total), (1, 25, 3));
    let tokens: Vec<_> = page
        .items
        .iter()
        .map(|item| (item.token.name.as_str(), item.owner_name.as_str()))
        .collect();
    let id = ada.user().id.to_string();
    assert_eq!(tokens, [("cd", "eve"), ("ci", id.as_str())]);
    assert_eq!(statements, 2, "one for the page, and one for its owners");
    let token = page.items[1].token.id.to_string();
    let revoked = operator.revoke_token(&token).await.unwrap();
    assert_eq!(revoked.owner_name, id);
}

fn summary(events: &[NamedEventView]) -> Vec<(&str, Option<&str>, Option<&str>)> {
    let named = events.iter().map(|named| {
        (
            named.event.kind.as_str(),
            named.actor_name.as_deref(),
            named.owner_name.as_deref(),
        )
    });
    named.collect()
}

#[on_every_database]
async fn events_are_read_back_from_the_newest_with_the_names_of_users(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    let ada = world.signed_in("ada").await;
    let token = world.create(&ada, "ci", DAY).await.unwrap().token.id;
    let operator = world.service.administrator(&root).unwrap();
    assert_eq!(code(operator.revoke_token(&token.to_string()).await), 1);

    let read = async |query: EventQuery| operator.event_page(query).await.unwrap();
    let (events, statements) = counted(read(EventQuery {
        limit: 4,
        ..EventQuery::default()
    }))
    .await;
    let (root, ada) = (Some("root"), Some("ada"));
    let expected = [
        ("token.revoked", root, ada),
        ("token.created", ada, ada),
        ("session.started", ada, ada),
        ("user.created", None, ada),
    ];
    assert_eq!(summary(&events), expected);
    assert_eq!(statements, 2, "one for the events, and one for their users");
    assert_eq!(events[0].event.details["Name"], "ci");

    let before = read(EventQuery {
        before: Some(events[1].event.seq),
        limit: 2,
        ..EventQuery::default()
    });
    assert_eq!(summary(&before.await), expected[2..]);
    let started = read(EventQuery {
        owner: Some("ADA".to_owned()),
        kind: Some(EventKind::SessionStarted.as_str().to_owned()),
        limit: 9,
        ..EventQuery::default()
    });
    assert_eq!(summary(&started.await), expected[2..3]);
    let unknown = EventQuery {
        kind: Some("nothing".to_owned()),
        limit: 9,
        ..EventQuery::default()
    };
    assert!(read(unknown).await.is_empty());
    let of_nobody = EventQuery {
        owner: Some("nobody".to_owned()),
        ..EventQuery::default()
    };
    assert!(matches!(
        operator.event_page(of_nobody).await,
        Err(Error::UserNotFound { .. })
    ));
}

#[on_every_database]
async fn events_come_in_order_without_gaps(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    for name in ["a", "b", "c"] {
        world.create(&ada, name, DAY).await.unwrap();
    }
    let operator = world.service.operator();
    let query = |kind: Option<&str>, limit| EventQuery {
        kind: kind.map(ToOwned::to_owned),
        limit,
        ..EventQuery::default()
    };
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let (events, next) = operator.events_after(after, &query(None, 2)).await.unwrap();
        if events.is_empty() {
            assert_eq!(next, after);
            break;
        }
        seen.extend(events.into_iter().map(|event| event.seq));
        after = next;
    }
    let all: Vec<i64> = (1..=after).collect();
    assert_eq!(seen, all);
    let made = query(Some("token.created"), 100);
    let (made, next) = operator.events_after(0, &made).await.unwrap();
    assert_eq!(
        (made.len(), next),
        (3, after),
        "events that were left out were read"
    );
}

//! Pages of tokens and users, compared with a list in memory.

mod users;

use std::cmp::Ordering;
use std::time::Duration;

use ats_pat_domain::list::{Sort, SortField, TokenQuery, UserQuery};
use ats_pat_domain::name::fold;
use ats_pat_domain::port::{ListedToken, Repositories, Store, UsageRecord};
use ats_pat_domain::token::Usage;
use ats_pat_domain::{Description, DisplayName, Scopes, Status, Tagged, Timestamp, TokenId, User};

use super::samples::{token, token_id, user, user_id};
use super::{change, open};
use crate::clock::START;
use crate::database::TestDatabase;
use crate::statements::counted;

pub use users::users_are_found_by_name;

const NOW: Timestamp = START;

/// The owners: id, user name, display name.
const OWNERS: [(u128, &str, &str); 2] = [(1, "ada", "Ada Lovelace"), (2, "eve", "Eve")];

fn called(id: u128, name: &str, display_name: &str) -> Tagged<User> {
    let mut user = user(id, name);
    user.row.display_name = DisplayName::new(display_name).unwrap();
    user
}

const DAY: Duration = Duration::from_hours(24);

/// Some of them differ in case, or are parts of each other.
const SCOPES: [&str; 5] = ["all", "orders:read orders", "Orders", "a%b orders", "read"];

/// Forty tokens of two owners, with ties in every field that lists are sorted by.
fn tokens() -> Vec<ListedToken> {
    let long = "\u{fdfa}".repeat(99);
    // The long ones differ only behind the 3,000th byte of their folded form.
    let names = [
        "Zebra",
        "äpfel",
        "Straße 100%",
        "a_b",
        "𝒩ame",
        &format!("{long}a"),
        &format!("{long}b"),
        "a\\b",
    ];
    let descriptions = ["", "für STRASSE", "50% o'clock", "☃"];
    (0..40_u64)
        .map(|number| {
            let choice = |count: u64| usize::try_from(number * 7 % count).unwrap();
            let seconds = |count: u64| Duration::from_secs(number * 11 % count);
            let name = format!(
                "{}{}",
                names[choice(8)],
                if number % 3 == 0 { "" } else { "x" }
            );
            let name: String = name.chars().take(100).collect();
            let mut token = token(
                u128::from((number * 17) % 40),
                1 + u128::from(number % 2),
                &name,
            );
            token.row.description = Description::new(descriptions[choice(4)]).unwrap();
            token.row.created_at = START.before(seconds(5));
            token.row.expires_at = match number % 4 {
                0 => NOW,
                1 => NOW.before(seconds(3)),
                _ => NOW.after(Duration::from_millis(1) + seconds(3)),
            };
            token.row.revoked_at = (number % 5 == 0).then_some(NOW);
            token.row.scopes = Scopes::from_stored(SCOPES[choice(5)]);
            if number % 7 == 0 {
                token.row.created_at = NOW.before(DAY * 9 + seconds(5));
                token.row.regenerated_at = (number % 2 == 0).then(|| NOW.before(DAY * 3));
            }
            let usage = (number % 3 != 0).then(|| Usage {
                last_used_at: START.before(seconds(4)),
                last_used_from: "192.0.2.1".to_owned(),
            });
            ListedToken {
                token,
                usage,
                reused_at: None,
                in_overlap: None,
            }
        })
        .collect()
}

/// What a page should hold.
fn expected(all: &[ListedToken], query: &TokenQuery) -> (Vec<ListedToken>, u64) {
    let matches = |listed: &&ListedToken| {
        let row = &listed.token.row;
        query.owner.is_none_or(|owner| owner == row.owner_id)
            && query.owner_called.as_ref().is_none_or(|text| {
                let owner = OWNERS
                    .iter()
                    .find(|(id, _, _)| user_id(*id) == row.owner_id);
                owner.is_some_and(|(_, name, display_name)| {
                    fold(name).contains(text) || fold(display_name).contains(text)
                })
            })
            && query.status.is_none_or(|status| status == row.status(NOW))
            && query.search.as_ref().is_none_or(|text| {
                row.name.folded().contains(text) || row.description.folded().contains(text)
            })
            && query.created_before.is_none_or(|at| row.created_at < at)
            && query.expires_before.is_none_or(|at| row.expires_at < at)
            && query
                .scope
                .as_deref()
                .is_none_or(|scope| row.scopes.contains(scope))
            && query.unused_for_days.is_none_or(|days| {
                let since = NOW.before(DAY * days);
                let used_at = listed.usage.as_ref().map(|usage| usage.last_used_at);
                let signs = [Some(row.created_at), row.regenerated_at, used_at];
                signs.into_iter().flatten().all(|sign| sign < since)
            })
    };
    let mut found: Vec<ListedToken> = all.iter().filter(matches).cloned().collect();
    found.sort_by(|a, b| compare(a, b, query.sort));
    let total = found.len() as u64;
    let start = usize::try_from(query.offset()).unwrap().min(found.len());
    let end = (start + query.page_size as usize).min(found.len());
    (found[start..end].to_vec(), total)
}

fn compare(a: &ListedToken, b: &ListedToken, sort: Sort) -> Ordering {
    let (x, y) = (&a.token.row, &b.token.row);
    let used = |listed: &ListedToken| listed.usage.as_ref().map(|usage| usage.last_used_at);
    let by_field = match sort.field {
        SortField::Name => x
            .name
            .folded()
            .into_bytes()
            .cmp(&y.name.folded().into_bytes()),
        SortField::CreatedAt => x.created_at.cmp(&y.created_at),
        SortField::ExpiresAt => x.expires_at.cmp(&y.expires_at),
        SortField::LastUsedAt => match (used(a), used(b)) {
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (x, y) => x.cmp(&y),
        },
    };
    let ascending = by_field.then(x.id.cmp(&y.id));
    if sort.descending {
        ascending.reverse()
    } else {
        ascending
    }
}

/// A database with these tokens and their uses.
async fn filled(database: &TestDatabase) -> (impl Store + use<>, Vec<ListedToken>) {
    let store = open(database).await;
    let all = tokens();
    change(&store, async |change| {
        for (id, name, display_name) in OWNERS {
            change
                .insert_user(&called(id, name, display_name))
                .await
                .unwrap();
        }
        for listed in &all {
            change.insert_token(&listed.token).await.unwrap();
        }
    })
    .await;
    let uses: Vec<UsageRecord> = all
        .iter()
        .filter_map(|listed| {
            let usage = listed.usage.clone()?;
            Some(UsageRecord {
                token_id: listed.token.row.id,
                used_at: usage.last_used_at,
                used_from: usage.last_used_from,
            })
        })
        .collect();
    store.record_usage(&uses).await.unwrap();
    (store, all)
}

/// Every filter with every search in every order, in turn on one of the pages.
pub async fn pages_are_like_those_of_a_list_in_memory(database: &TestDatabase) {
    let (store, all) = filled(database).await;

    let statuses = Status::ALL.map(Some).into_iter().chain([None]);
    let searches = [
        None,
        Some("STRASSE"),
        Some("%"),
        Some("_"),
        Some("\\"),
        Some("ÄPFEL"),
        Some("𝒩"),
        Some("o'c"),
        Some("nothing"),
        Some(""),
    ];
    let fields = [
        SortField::Name,
        SortField::CreatedAt,
        SortField::ExpiresAt,
        SortField::LastUsedAt,
    ];
    let mut turn = 0;
    for status in statuses {
        for search in searches {
            for (number, field) in fields.into_iter().enumerate() {
                for descending in [false, true] {
                    let owner = [None, Some(user_id(1)), Some(user_id(9))]
                        [(number + usize::from(descending)) % 3];
                    turn += 1;
                    let page = 1 + turn % 3;
                    let owner_called = [
                        None,
                        None,
                        Some("A".to_owned()),
                        Some("lovelace".to_owned()),
                    ][usize::try_from(turn % 4).unwrap()]
                    .clone();
                    let query = TokenQuery {
                        owner,
                        owner_called: owner_called.as_deref().map(fold),
                        page,
                        page_size: 15,
                        status,
                        search: search.map(fold),
                        sort: Sort { field, descending },
                        ..TokenQuery::of(None)
                    };
                    let read = store.tokens().page(&query, NOW).await.unwrap();
                    let (items, total) = expected(&all, &query);
                    let ids = |items: &[ListedToken]| {
                        items
                            .iter()
                            .map(|listed| listed.token.row.id)
                            .collect::<Vec<_>>()
                    };
                    assert_eq!(ids(&read.items), ids(&items), "{query:?}");
                    assert!(read.items == items && read.total == total, "{query:?}");
                }
            }
        }
    }
    let far = TokenQuery {
        page: u32::MAX,
        page_size: 100,
        ..TokenQuery::of(None)
    };
    let read = store.tokens().page(&far, NOW).await.unwrap();
    assert_eq!((read.items, read.total), (vec![], 40));
    assert!(store.tokens().by_id(token_id(0)).await.unwrap().is_some());
}

/// The filters of operators, in pages and where all matching tokens are walked through.
pub async fn filters_are_like_those_of_a_list_in_memory(database: &TestDatabase) {
    let (store, all) = filled(database).await;
    for query in filters() {
        let read = store.tokens().page(&query, NOW).await.unwrap();
        let (items, total) = expected(&all, &query);
        assert!(read.items == items && read.total == total, "{query:?}");
        let mut expected: Vec<TokenId> = items.iter().map(|listed| listed.token.row.id).collect();
        expected.sort_unstable();
        let tokens = store.tokens();
        let matching = async |after, only, limit| {
            let read = tokens.matching(&query, NOW, after, only, limit).await;
            read.unwrap()
        };
        assert_eq!(matching(None, None, 100).await, expected, "{query:?}");
        let Some(first) = expected.first().copied() else {
            continue;
        };
        assert_eq!(matching(None, None, 1).await, [first]);
        assert_eq!(matching(Some(first), None, 100).await, expected[1..]);
        let only = [first, token_id(1), token_id(2)];
        let mut kept: Vec<TokenId> = only
            .into_iter()
            .filter(|id| expected.contains(id))
            .collect();
        kept.sort_unstable();
        kept.dedup();
        assert_eq!(matching(None, Some(&only), 100).await, kept);
    }
}

/// Queries by each of the filters that operators have, and by some together.
fn filters() -> Vec<TokenQuery> {
    let all = || TokenQuery {
        page_size: 100,
        ..TokenQuery::of(None)
    };
    let scopes = [
        "all",
        "orders",
        "Orders",
        "orders:read",
        "a%b",
        "%",
        "order",
        "a",
    ];
    let by_scope = scopes.map(|scope| TokenQuery {
        scope: Some(scope.to_owned()),
        ..all()
    });
    let by_days = [0, 1, 3, 4, 9, 36_500].map(|days| TokenQuery {
        unused_for_days: Some(days),
        ..all()
    });
    let by_time = [START, NOW, NOW.before(DAY)].map(|at| TokenQuery {
        created_before: Some(at),
        expires_before: Some(NOW.after(Duration::from_secs(1))),
        ..all()
    });
    let together = TokenQuery {
        owner: Some(user_id(1)),
        status: Some(Status::Active),
        scope: Some("orders".to_owned()),
        unused_for_days: Some(1),
        ..all()
    };
    let queries = by_scope.into_iter().chain(by_days).chain(by_time);
    queries.chain([together]).collect()
}

/// A page and its total are one consistent read; only where no row tells the total it is asked for.
pub async fn a_page_is_read_by_one_statement(database: &TestDatabase) {
    let store = open(database).await;
    let (users, tokens) = (store.users(), store.tokens());
    let (users_of, tokens_of) = (UserQuery::default(), TokenQuery::of(None));
    let (empty, statements) = counted(tokens.page(&tokens_of, NOW)).await;
    assert_eq!((empty.unwrap().total, statements), (0, 1));
    let (empty, statements) = counted(users.page(&users_of)).await;
    assert_eq!((empty.unwrap().total, statements), (0, 1));
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
        for number in 0..3 {
            let name = format!("token {number}");
            change.insert_token(&token(number, 1, &name)).await.unwrap();
        }
    })
    .await;
    for (page, statements) in [(1, 1), (2, 1), (3, 2)] {
        let tokens_of = TokenQuery {
            page,
            page_size: 2,
            search: Some("token".to_owned()),
            ..TokenQuery::of(Some(user_id(1)))
        };
        let (read, sent) = counted(tokens.page(&tokens_of, NOW)).await;
        assert_eq!((read.unwrap().total, sent), (3, statements), "page {page}");
        let users_of = UserQuery {
            page,
            page_size: 1,
            search: Some("ad".to_owned()),
            ..UserQuery::default()
        };
        let (read, sent) = counted(users.page(&users_of)).await;
        let statements = if page == 1 { 1 } else { 2 };
        assert_eq!((read.unwrap().total, sent), (1, statements), "page {page}");
    }
    let (read, sent) = counted(users.managed_by(user_id(1))).await;
    assert_eq!((read.unwrap().len(), sent), (0, 1));
}

//! Pages of users, compared with a list in memory.

use ats_pat_domain::list::UserQuery;
use ats_pat_domain::name::fold;
use ats_pat_domain::port::Repositories;

use super::called;
use crate::conformance::samples::user_id;
use crate::conformance::{change, open};
use crate::database::TestDatabase;

/// Users by folded name, found by any part of it or of the display name.
pub async fn users_are_found_by_name(database: &TestDatabase) {
    let store = open(database).await;
    let names = [
        ("Zoë", "Zoë"),
        ("straße 1", "Line 1"),
        ("a_b", "Groß, Anna"),
        ("ada", "Ada Lovelace"),
        ("STRASSE 2", "x"),
        ("50%", "Half"),
        ("Äpfel", "Line 2"),
    ];
    let mut all: Vec<_> = (1..)
        .zip(names)
        .map(|(id, (name, display_name))| called(id, name, display_name))
        .collect();
    let by_id = all.clone();
    change(&store, async |change| {
        for user in &all {
            change.insert_user(user).await.unwrap();
        }
    })
    .await;
    all.sort_by_key(|user| user.row.name.folded().into_bytes());
    for search in [
        None,
        Some("Straße"),
        Some("a"),
        Some("_"),
        Some("%"),
        Some("x"),
        Some("nobody"),
        Some("GROSS, a"),
        Some("LoveLace"),
        Some("line"),
        Some(""),
    ] {
        let found: Vec<_> = all
            .iter()
            .filter(|user| {
                let text = fold(search.unwrap_or_default());
                user.row.name.folded().contains(&text)
                    || user.row.display_name.folded().contains(&text)
            })
            .cloned()
            .collect();
        for page in 1..=4 {
            let query = UserQuery {
                page,
                page_size: 2,
                search: search.map(fold),
                ..UserQuery::default()
            };
            let read = store.users().page(&query).await.unwrap();
            let expected: Vec<_> = found
                .chunks(2)
                .nth(page as usize - 1)
                .unwrap_or_default()
                .to_vec();
            assert!(read.items == expected, "{query:?}");
            assert_eq!(read.total, found.len() as u64, "{query:?}");
        }
    }
    let ids = [user_id(2), user_id(9), user_id(1), user_id(2)];
    let mut found = store.users().by_ids(&ids).await.unwrap();
    found.sort_by_key(|user| user.row.id);
    assert!(found == by_id[..2]);
    assert!(store.users().by_ids(&[]).await.unwrap().is_empty());
}

//! What opening and migrating a database promises.

use std::sync::Arc;

use ats_pat_domain::event::Head;
use ats_pat_domain::port::Repositories;
use ats_pat_storage::{Database, MigrationError, OpenOptions};

use super::samples::{user, user_id};
use super::{change, open};
use crate::database::{Kind, TestDatabase};

async fn open_only(database: &TestDatabase) -> Database {
    Database::open(database.url(), OpenOptions::default())
        .await
        .unwrap()
}

/// Several programs that start at once migrate once.
pub async fn parallel_starters_migrate_once(database: &TestDatabase) {
    let mut starters = Vec::new();
    for _ in 0..4 {
        let store = Arc::new(open_only(database).await);
        starters.push(tokio::spawn(
            async move { store.migrate().await.unwrap().len() },
        ));
    }
    let mut applied = 0;
    for starter in starters {
        applied += starter.await.unwrap();
    }
    let store = open_only(database).await;
    let status = store.migration_status().await.unwrap();
    assert_eq!(applied, status.applied.len());
    assert!(status.is_current());
    assert_eq!(store.events().head().await.unwrap(), Head::EMPTY);
    assert_eq!(store.keys().ring_version().await.unwrap(), 0);
}

/// Before, between and after; what was written is there when the database is opened again.
pub async fn a_database_is_opened_again(database: &TestDatabase) {
    let store = open_only(database).await;
    let before = store.migration_status().await.unwrap();
    assert!(!before.is_current() && before.applied.is_empty());
    assert_eq!(store.migrate().await.unwrap(), before.pending);
    assert_eq!(store.migrate().await.unwrap(), Vec::<String>::new());
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
    })
    .await;
    store.close().await;
    let store = open(database).await;
    assert_eq!(
        store.migration_status().await.unwrap().applied,
        before.pending
    );
    assert!(store.users().by_id(user_id(1)).await.unwrap().is_some());
}

/// A plan counts the rows that a migration goes through, and changes nothing.
pub async fn a_plan_tells_what_is_pending(database: &TestDatabase) {
    let empty = open_only(database).await;
    let plan = empty.migration_plan().await.unwrap();
    assert!(!plan.is_empty() && plan.iter().all(|planned| planned.rows.is_none()));
    let store = open(database).await;
    change(&store, async |change| {
        change.insert_user(&user(1, "ada")).await.unwrap();
    })
    .await;
    assert_eq!(store.migration_plan().await.unwrap(), []);
    let pending = ["m0006_display_names", "m0012_policy"];
    for name in pending {
        let forget = format!("DELETE FROM seaql_migrations WHERE version = '{name}'");
        database.execute(&forget).await;
    }
    let plan = store.migration_plan().await.unwrap();
    let rows: Vec<_> = plan
        .iter()
        .map(|planned| (&*planned.name, planned.rows))
        .collect();
    assert_eq!(rows, [(pending[0], Some(("users", 1))), (pending[1], None)]);
    assert_eq!(store.migration_status().await.unwrap().pending, pending);
}

/// What a later release changed is left alone.
pub async fn a_newer_database_is_refused(database: &TestDatabase) {
    let store = open(database).await;
    database
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)")
        .await;
    assert_eq!(
        store.migration_status().await.unwrap().unknown,
        ["m9999_later"]
    );
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, MigrationError::Newer { .. }));
    assert!(refused.to_string().contains("m9999_later"), "{refused}");
}

/// What a later release only added is no reason to stop. It is one for a copy, which would lose it.
pub async fn a_database_that_a_later_release_added_to_is_used(database: &TestDatabase) {
    let store = open(database).await;
    database
        .execute(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later_beside', 0)",
        )
        .await;
    let status = store.migration_status().await.unwrap();
    assert_eq!(status.beside, ["m9999_later_beside"]);
    assert!(status.is_current(), "{status:?}");
    assert_eq!(store.migrate().await.unwrap(), [""; 0]);
    assert_eq!(store.migration_plan().await.unwrap(), []);
    let to = TestDatabase::create(Kind::Sqlite).await;
    let other = open_only(&to).await;
    other.migrate().await.unwrap();
    let refused = other.replace_rows_by(&store).await.unwrap_err();
    assert!(
        refused.to_string().contains("m9999_later_beside"),
        "{refused}"
    );

    // A migration of this release that is missing could come in the wrong order.
    database
        .execute("DELETE FROM seaql_migrations WHERE version = 'm0012_policy'")
        .await;
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, MigrationError::Newer { .. }), "{refused}");
}

/// A migration that died half-way is taken over and repeated.
pub async fn a_dead_migration_is_taken_over(database: &TestDatabase) {
    if database.kind() == Kind::Sqlite {
        // Its transaction dies with its process.
        return;
    }
    let store = open(database).await;
    let all = store.migration_status().await.unwrap().applied;
    // As if it had died before it noted its work, with the right to migrate in its hands.
    database.execute("DELETE FROM seaql_migrations").await;
    database
        .execute("UPDATE migration_holder SET held = true")
        .await;
    assert_eq!(store.migrate().await.unwrap(), all);
    assert!(store.migration_status().await.unwrap().is_current());
    assert_eq!(database.number("SELECT COUNT(*) FROM event_head").await, 1);
}

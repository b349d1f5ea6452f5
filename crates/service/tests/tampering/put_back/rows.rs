//! The rows that an attacker copies and puts back, and the services that read them.

use ats_pat_service::Service;
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::World;

/// Every table with rows that grant something. Tables that others refer to come first.
const TABLES: [&str; 10] = [
    "users",
    "sessions",
    "tokens",
    "secrets",
    "status_places",
    "token_usage",
    "signing_keys",
    "key_ring",
    "setup_link",
    "policy",
];

/// Copies everything that an attacker needs, by reading the database.
pub async fn copy(database: &TestDatabase) {
    for table in TABLES {
        let copy = format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}");
        database.execute(&copy).await;
    }
}

/// Makes all rows as they were when they were copied, as an attacker with write access can do. The
/// event log stays as it is.
pub async fn put_back(database: &TestDatabase) {
    for table in TABLES.iter().rev() {
        database.execute(&format!("DELETE FROM {table}")).await;
    }
    for table in TABLES {
        let back = format!("INSERT INTO {table} SELECT * FROM kept_{table}");
        database.execute(&back).await;
    }
}

/// The running service, a restarted one, and one that was restarted without its checkpoint.
pub async fn services(world: &World) -> [Service; 3] {
    world.service.flush().await;
    let again = world.reopen().await.unwrap();
    again.flush().await;
    std::fs::remove_file(world.folder().join("checkpoint")).unwrap();
    [world.service.clone(), again, world.reopen().await.unwrap()]
}

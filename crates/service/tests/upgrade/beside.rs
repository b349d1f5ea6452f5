//! A later release adds to the schema while programs of this one run.

use ats_pat_service::{Error, Regeneration, Service, SignedIn};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{Kind, TestDatabase, on_every_database};

/// As a migration of a later release may do whose name ends in `_beside`.
async fn add_to_the_schema(database: &TestDatabase) {
    let number = match database.kind() {
        Kind::Sqlite => "integer",
        Kind::Postgres | Kind::Mariadb | Kind::Galera => "bigint",
    };
    for table in [
        "users",
        "sessions",
        "tokens",
        "secrets",
        "events",
        "status_places",
    ] {
        for column in [
            format!("later_number {number}"),
            format!("later_flag {number} DEFAULT 0 NOT NULL"),
        ] {
            let add = format!("ALTER TABLE {table} ADD COLUMN {column}");
            database.execute(&add).await;
        }
    }
    for statement in [
        "CREATE TABLE later (id integer NOT NULL PRIMARY KEY)",
        "CREATE INDEX later_names ON tokens (later_number)",
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later_beside', 0)",
    ] {
        database.execute(statement).await;
    }
}

/// A token's whole life.
async fn live(world: &World, service: &Service, ada: &SignedIn, name: &str) -> Result<(), Error> {
    let issued = service
        .create_token(ada, world.new_token(name, DAY))
        .await?;
    let id = issued.token.id.to_string();
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    let renewed = service
        .regenerate_token(ada, &id, Regeneration::default())
        .await?;
    assert_eq!(code(world.exchange(&renewed.secret).await), 1);
    service.revoke_token(ada, &id).await?;
    assert_eq!(code(world.exchange(&renewed.secret).await), 1203);
    Ok(())
}

#[on_every_database]
async fn programs_go_on_beside_a_later_release(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let before = world.create(&ada, "before", DAY).await.unwrap();
    live(&world, &world.service, &ada, "one").await.unwrap();
    add_to_the_schema(database).await;

    live(&world, &world.service, &ada, "two").await.unwrap();
    // One that starts only now.
    let another = world.reopen().await.unwrap();
    live(&world, &another, &ada, "three").await.unwrap();
    assert_eq!(code(world.exchange(&before.secret).await), 1);
    assert_eq!(super::findings(&world).await, [""; 0]);
}

//! The places in the status list.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::schema::{big_integer, boolean, integer, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, index, key, reference, short_bytes, table};

/// Makes the table. Existing secrets get their places when they are next exchanged.
pub struct StatusPlaces;

impl MigrationName for StatusPlaces {
    fn name(&self) -> &'static str {
        "m0002_status_places"
    }
}

#[async_trait]
impl MigrationTrait for StatusPlaces {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut places = table(
            "status_places",
            [
                key(big_integer("place")),
                uuid("token_id"),
                big_integer("generation"),
                boolean("revoked"),
                big_integer("free_at"),
                integer("key_id"),
                short_bytes("tag"),
            ],
        );
        places.foreign_key(&mut reference(
            "status_places_token_fk",
            ("status_places", "token_id"),
            ("tokens", "id"),
        ));
        let free = index("status_places_free", "status_places", ["free_at", "place"]);
        create(manager, places, [free]).await
    }
}

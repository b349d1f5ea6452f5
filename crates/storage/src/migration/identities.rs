//! The identities that users are linked to.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Index;
use sea_orm_migration::schema::{big_integer, integer, string_len, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, hash, index, reference, short_bytes, table, unique};

const TABLE: &str = "identities";

/// Makes the table of the identities that users are linked to. A user has one at each provider, and
/// an identity has one user.
pub struct Identities;

impl MigrationName for Identities {
    fn name(&self) -> &'static str {
        "m0015_identities"
    }
}

#[async_trait]
impl MigrationTrait for Identities {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut identities = table(
            TABLE,
            [
                uuid("user_id"),
                string_len("provider", 32),
                // Issuer and subject together are longer than an index may be.
                hash("identity_key"),
                string_len("issuer", 255),
                string_len("subject", 255),
                big_integer("linked_at"),
                integer("key_id"),
                short_bytes("tag"),
            ],
        );
        identities
            .primary_key(Index::create().col("user_id").col("provider"))
            .foreign_key(&mut reference(
                "identities_user_fk",
                (TABLE, "user_id"),
                ("users", "id"),
            ));
        let by_identity = unique(index("identities_identity", TABLE, ["identity_key"]));
        create(manager, identities, [by_identity]).await
    }
}

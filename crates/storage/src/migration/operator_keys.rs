//! Adds the table of operator keys.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::schema::{big_integer, integer, string_len, text, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, hash, index, key, nullable, short_bytes, table, unique};

/// Makes the table of the keys by which programs administer.
pub struct OperatorKeys;

impl MigrationName for OperatorKeys {
    fn name(&self) -> &'static str {
        "m0013_operator_keys"
    }
}

#[async_trait]
impl MigrationTrait for OperatorKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = table(
            "operator_keys",
            [
                key(uuid("id")),
                hash("hash"),
                integer("key_id"),
                string_len("name", 100),
                string_len("rights", 200),
                nullable(text("allowed_networks")),
                nullable(uuid("made_by")),
                big_integer("created_at"),
                big_integer("expires_at"),
                nullable(big_integer("revoked_at")),
                nullable(big_integer("last_used_at")),
                nullable(string_len("last_used_from", 64)),
                integer("tag_key_id"),
                short_bytes("tag"),
            ],
        );
        let by_hash = unique(index("operator_keys_hash", "operator_keys", ["hash"]));
        create(manager, keys, [by_hash]).await
    }
}

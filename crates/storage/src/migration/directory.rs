//! What the company's directory says over SCIM.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::{big_integer, integer, string_len, text, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, hash, index, key, nullable, short_bytes, table, unique};

const USERS: &str = "users";
const INDEX: &str = "users_directory";

/// Adds the entries of users in the directory, and the table of its groups. The tags of users
/// without an entry do not change.
pub struct Directory;

impl MigrationName for Directory {
    fn name(&self) -> &'static str {
        "m0018_directory"
    }
}

#[async_trait]
impl MigrationTrait for Directory {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("directory_issuer", string_len("directory_issuer", 255)),
            // Issuer and `externalId` together are longer than an index may be.
            ("directory_key", hash("directory_key")),
            ("directory", text("directory")),
        ];
        for (name, column) in columns {
            // A migration that died is repeated.
            if manager.has_column(USERS, name).await? {
                continue;
            }
            let add = Table::alter()
                .table(USERS)
                .add_column(nullable(column))
                .take();
            manager.alter_table(add).await?;
        }
        if !manager.has_index(USERS, INDEX).await? {
            let by_key = unique(index(INDEX, USERS, ["directory_key"]));
            manager.create_index(by_key).await?;
        }
        let groups = table(
            "directory_groups",
            [
                key(uuid("id")),
                string_len("display_name", 256),
                nullable(string_len("external_id", 255)),
                big_integer("created_at"),
                big_integer("updated_at"),
                integer("key_id"),
                short_bytes("tag"),
            ],
        );
        create(manager, groups, []).await
    }
}

//! What is kept of sign-ins at identity providers.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::schema::{big_integer, boolean, small_integer, string_len};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{hash, index, nullable};

const USERS: &str = "users";
const SESSIONS: &str = "sessions";
const INDEX: &str = "sessions_provider_session";

/// Adds who disabled a user, the user's last sign-in at a provider, and what a session has from the
/// provider. The tags of rows without these do not change.
pub struct ProviderSignIn;

impl MigrationName for ProviderSignIn {
    fn name(&self) -> &'static str {
        "m0016_provider_sign_in"
    }
}

#[async_trait]
impl MigrationTrait for ProviderSignIn {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = [
            ("disabled_by", small_integer("disabled_by")),
            ("signed_in_provider", string_len("signed_in_provider", 32)),
            ("signed_in_issuer", string_len("signed_in_issuer", 255)),
            ("signed_in_subject", string_len("signed_in_subject", 255)),
            ("signed_in_at", big_integer("signed_in_at")),
        ];
        let sessions = [
            ("provider", string_len("provider", 32)),
            ("provider_session", hash("provider_session")),
            ("authenticated_at", big_integer("authenticated_at")),
            ("is_admin", boolean("is_admin")),
        ];
        for (name, column) in users {
            add(manager, USERS, name, column).await?;
        }
        for (name, column) in sessions {
            add(manager, SESSIONS, name, column).await?;
        }
        if manager.has_index(SESSIONS, INDEX).await? {
            return Ok(());
        }
        let index = index(INDEX, SESSIONS, ["provider_session"]);
        manager.create_index(index).await
    }
}

/// Adds a column that may be NULL. A migration that died is repeated, so the column may be there.
async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if manager.has_column(table, name).await? {
        return Ok(());
    }
    let column = nullable(column);
    let add = Table::alter().table(table).add_column(column).take();
    manager.alter_table(add).await
}

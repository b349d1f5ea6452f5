//! The form of display names that searches use.

use async_trait::async_trait;
use ats_pat_domain::name::fold;
use sea_orm::sea_query::{Expr, ExprTrait, Query, Table};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use sea_orm_migration::schema::blob;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use uuid::Uuid;

use super::columns::nullable;

const TABLE: &str = "users";
const FOLDED: &str = "display_name_folded";

/// Adds the folded display name of every user, so that an administrator can find people by it. No
/// tag covers it, and none covers the folded user name, because they only decide what a search
/// finds.
pub struct DisplayNames;

impl MigrationName for DisplayNames {
    fn name(&self) -> &'static str {
        "m0006_display_names"
    }
}

#[async_trait]
impl MigrationTrait for DisplayNames {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A migration that died is repeated.
        if !manager.has_column(TABLE, FOLDED).await? {
            let column = nullable(blob(FOLDED));
            let add = Table::alter().table(TABLE).add_column(column).take();
            manager.alter_table(add).await?;
        }
        let connection = manager.get_connection();
        let names = Query::select()
            .columns(["id", "display_name"])
            .from(TABLE)
            .take();
        for row in connection.query_all(&names).await? {
            // A row that somebody made unreadable can only be found by its user name.
            let Some((id, folded)) = folded(&row) else {
                continue;
            };
            let update = Query::update()
                .table(TABLE)
                .value(FOLDED, folded.into_bytes())
                .and_where(Expr::col("id").eq(id))
                .take();
            manager.execute(update).await?;
        }
        Ok(())
    }
}

fn folded(row: &QueryResult) -> Option<(Uuid, String)> {
    let id = row.try_get("", "id").ok()?;
    let name: String = row.try_get("", "display_name").ok()?;
    Some((id, fold(&name)))
}

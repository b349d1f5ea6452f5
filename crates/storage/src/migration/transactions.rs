//! The proof that a change is one transaction, and the proof that the database stores what it is
//! given.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::{big_integer, blob, integer, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, first_row, key, nullable, table};

/// Adds the claim to the counter row, and the table of the write proof.
pub struct Transactions;

impl MigrationName for Transactions {
    fn name(&self) -> &'static str {
        "m0003_transactions"
    }
}

#[async_trait]
impl MigrationTrait for Transactions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_column("event_head", "change_id").await? {
            let mut claim = nullable(uuid("change_id"));
            let add = Table::alter()
                .table("event_head")
                .add_column(&mut claim)
                .to_owned();
            manager.alter_table(add).await?;
        }
        let proof = table(
            "write_proof",
            [key(integer("id")), big_integer("count"), blob("filler")],
        );
        create(manager, proof, []).await?;
        let values = [1.into(), 0_i64.into(), Vec::<u8>::new().into()];
        first_row(manager, "write_proof", ["id", "count", "filler"], values).await
    }
}

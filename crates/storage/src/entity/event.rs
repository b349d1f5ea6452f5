//! The table of the event log, a row for each event.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub id: Uuid,
    pub version: i16,
    pub at: i64,
    pub actor: String,
    pub owner: Option<Uuid>,
    pub kind: String,
    pub subject: String,
    pub details: Vec<u8>,
    pub personal_hash: Option<Vec<u8>>,
    pub key_id: i32,
    pub hash: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! What has to be known of removed events, in parts that fit into a statement.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "pruning_parts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub pruning: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    pub content: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

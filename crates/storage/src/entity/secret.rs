//! The keyed hashes of tokens' secrets.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "secrets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub key_id: i32,
    pub token_id: Uuid,
    pub generation: i64,
    pub slot: Option<i16>,
    pub valid_until: Option<i64>,
    pub status_index: Option<i64>,
    pub ends_overlap: Option<bool>,
    pub renews_until: Option<i64>,
    pub may_revoke: Option<bool>,
    pub tag_key_id: i32,
    pub tag: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::in_order!(Model { hash key_id token_id generation slot valid_until status_index ends_overlap renews_until may_revoke tag_key_id tag });

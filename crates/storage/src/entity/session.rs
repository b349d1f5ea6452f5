//! The table of sessions, a row for each sign-in.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: Vec<u8>,
    pub key_id: i32,
    pub user_id: Uuid,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub ends_at: i64,
    pub tag: Vec<u8>,
    pub seen_tag: Option<Vec<u8>>,
    pub provider: Option<String>,
    pub provider_session: Option<Vec<u8>>,
    pub authenticated_at: Option<i64>,
    pub is_admin: Option<bool>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

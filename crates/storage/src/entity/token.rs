//! Personal access token entries.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub owner_id: Uuid,
    pub name: String,
    pub name_folded: Vec<u8>,
    pub name_key: Vec<u8>,
    pub description: String,
    pub description_folded: Vec<u8>,
    pub scopes: String,
    pub allowed_networks: Option<String>,
    pub generation: i64,
    pub created_at: i64,
    pub expires_at: i64,
    pub regenerated_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub regenerates_until: Option<i64>,
    pub reused_at: Option<i64>,
    pub key_id: i32,
    pub tag: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::in_order!(Model { id owner_id name name_folded name_key description description_folded scopes allowed_networks generation created_at expires_at regenerated_at revoked_at regenerates_until reused_at key_id tag });

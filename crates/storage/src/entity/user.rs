//! The table of users: people and service accounts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub name_folded: Vec<u8>,
    pub name_key: Vec<u8>,
    pub display_name: String,
    pub display_name_folded: Option<Vec<u8>>,
    pub email: Option<String>,
    pub kind: String,
    pub password_hash: Option<String>,
    pub is_admin: bool,
    pub disabled: bool,
    pub disabled_by: Option<i16>,
    pub responsible_id: Option<Uuid>,
    pub member_of: Option<String>,
    pub signed_in_provider: Option<String>,
    pub signed_in_issuer: Option<String>,
    pub signed_in_subject: Option<String>,
    pub signed_in_at: Option<i64>,
    pub signed_in_elsewhere: Option<String>,
    pub directory_issuer: Option<String>,
    pub directory_key: Option<Vec<u8>>,
    pub directory: Option<String>,
    pub created_at: i64,
    pub key_id: i32,
    pub tag: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::in_order!(Model { id name name_folded name_key display_name display_name_folded email kind password_hash is_admin disabled disabled_by responsible_id member_of signed_in_provider signed_in_issuer signed_in_subject signed_in_at signed_in_elsewhere directory_issuer directory_key directory created_at key_id tag });

//! The keyed hashes of tokens' secrets.

use async_trait::async_trait;
use ats_pat_domain::port::{Grant, SecretRepository, StoreError};
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::{Tagged, Timestamp, TokenId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::channel::Channel;
use crate::entity::secret::{ActiveModel, Column, Entity, Model};
use crate::entity::{key_ring, token, user};
use crate::failure::store_error;
use crate::keys::RING;
use crate::row::{columns, corrupt, fixed, part, tag};
use crate::status_places::{read_index, stored_index};

impl TryFrom<Model> for Tagged<Secret> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        let slot = model
            .slot
            .map(|slot| Slot::from_stored(slot).ok_or_else(|| corrupt("secrets.slot")));
        Ok(Self {
            row: Secret {
                hash: fixed(&model.hash, "secrets.hash")?,
                key_id: KeyId(model.key_id),
                token_id: TokenId::from_uuid(model.token_id),
                generation: u32::try_from(model.generation)
                    .map_err(|_| corrupt("secrets.generation"))?,
                slot: slot.transpose()?,
                valid_until: model.valid_until.map(Timestamp::from_millis),
                status_index: model.status_index.map(read_index).transpose()?,
            },
            tag: tag(model.tag_key_id, model.tag),
        })
    }
}

impl From<&Tagged<Secret>> for ActiveModel {
    fn from(secret: &Tagged<Secret>) -> Self {
        let Tagged { row, tag } = secret;
        Self {
            hash: Set(row.hash.to_vec()),
            key_id: Set(row.key_id.0),
            token_id: Set(row.token_id.as_uuid()),
            generation: Set(row.generation.into()),
            slot: Set(row.slot.map(Slot::as_number)),
            valid_until: Set(row.valid_until.map(Timestamp::as_millis)),
            status_index: Set(row.status_index.map(stored_index)),
            tag_key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl SecretRepository for Channel {
    async fn grant(&self, hash: &[u8; 32]) -> Result<Option<Grant>, StoreError> {
        let ring_version = Query::select()
            .column(key_ring::Column::Version)
            .from(key_ring::Entity)
            .and_where(Expr::col(key_ring::Column::Id).eq(RING))
            .take();
        let mut select = Query::select();
        columns(&mut select, Entity, "s_");
        columns(&mut select, token::Entity, "t_");
        columns(&mut select, user::Entity, "u_");
        select
            .expr_as(
                Expr::SubQuery(None, Box::new(ring_version.into())),
                Alias::new("ring_version"),
            )
            .from(Entity)
            .inner_join(
                token::Entity,
                Expr::col((token::Entity, token::Column::Id)).equals((Entity, Column::TokenId)),
            )
            .inner_join(
                user::Entity,
                Expr::col((user::Entity, user::Column::Id))
                    .equals((token::Entity, token::Column::OwnerId)),
            )
            .and_where(Expr::col((Entity, Column::Hash)).eq(hash.to_vec()));
        let Some(row) = self.query_one(&select).await.map_err(store_error)? else {
            return Ok(None);
        };
        let ring_version: Option<i64> = row.try_get("", "ring_version").map_err(store_error)?;
        Ok(Some(Grant {
            secret: part::<Model>(&row, "s_")?.try_into()?,
            token: part::<token::Model>(&row, "t_")?.try_into()?,
            owner: part::<user::Model>(&row, "u_")?.try_into()?,
            ring_version: ring_version.ok_or_else(|| corrupt("key_ring"))?,
        }))
    }

    async fn of_token(&self, id: TokenId) -> Result<Vec<Tagged<Secret>>, StoreError> {
        let found = Entity::find()
            .filter(Column::TokenId.eq(id.as_uuid()))
            .order_by_asc(Column::Generation)
            .all(self)
            .await;
        read(found.map_err(store_error)?)
    }

    async fn after(
        &self,
        after: Option<[u8; 32]>,
        limit: u64,
    ) -> Result<Vec<Tagged<Secret>>, StoreError> {
        let found = Entity::find()
            .apply_if(after, |find, hash| {
                find.filter(Column::Hash.gt(hash.to_vec()))
            })
            .order_by_asc(Column::Hash)
            .limit(limit)
            .all(self)
            .await;
        read(found.map_err(store_error)?)
    }
}

fn read(models: Vec<Model>) -> Result<Vec<Tagged<Secret>>, StoreError> {
    models.into_iter().map(TryInto::try_into).collect()
}

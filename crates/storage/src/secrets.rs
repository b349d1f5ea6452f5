//! The keyed hashes of tokens' secrets.

use async_trait::async_trait;
use ats_pat_domain::port::{SecretRepository, StoreError, StoredGrant};
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::{Tagged, Timestamp, TokenId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QueryTrait,
};

use crate::channel::Channel;
use crate::entity::secret::{ActiveModel, Column, Entity, Model};
use crate::entity::{event_head, key_ring, token, user};
use crate::failure::store_error;
use crate::head::{head_columns, is_head};
use crate::keys::{NO_VERSION, RING};
use crate::readable::{readable_of, readable_page};
use crate::row::{columns, corrupt, fixed, next_part, tag};
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
                ends_overlap: model.ends_overlap == Some(true),
                renews_until: model.renews_until.map(Timestamp::from_millis),
                may_revoke: model.may_revoke == Some(true),
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
            ends_overlap: Set(row.ends_overlap.then_some(true)),
            renews_until: Set(row.renews_until.map(Timestamp::as_millis)),
            may_revoke: Set(row.may_revoke.then_some(true)),
            tag_key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

fn grant(row: &QueryResult) -> Result<StoredGrant, StoreError> {
    let mut next = 0;
    let secret: Model = next_part(row, &mut next)?;
    let token: token::Model = next_part(row, &mut next)?;
    let owner: user::Model = next_part(row, &mut next)?;
    let head: event_head::Model = next_part(row, &mut next)?;
    let ring_version: Option<i64> = row.try_get_by_index(next).map_err(store_error)?;
    Ok(StoredGrant {
        secret: secret.try_into()?,
        token: token.try_into()?,
        owner: owner.try_into()?,
        ring_version: ring_version.unwrap_or(NO_VERSION),
        head: head.try_into()?,
    })
}

/// The hashes, with the last one repeated up to a power of two. So the statement has few lengths,
/// and each is prepared once.
fn padded(hashes: &[[u8; 32]]) -> impl Iterator<Item = Vec<u8>> {
    let last = hashes.last().into_iter().cycle();
    let padding = hashes.len().next_power_of_two() - hashes.len();
    let all = hashes.iter().chain(last.take(padding));
    all.map(|hash| hash.to_vec())
}

#[async_trait]
impl SecretRepository for Channel {
    async fn grants(&self, hashes: &[[u8; 32]]) -> Result<Vec<StoredGrant>, StoreError> {
        let ring_version = Query::select()
            .column(key_ring::Column::Version)
            .from(key_ring::Entity)
            .and_where(Expr::col(key_ring::Column::Id).eq(RING))
            .take();
        let mut select = Query::select();
        columns(&mut select, Entity, "s_");
        columns(&mut select, token::Entity, "t_");
        columns(&mut select, user::Entity, "u_");
        head_columns(&mut select);
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
            .inner_join(event_head::Entity, is_head())
            .and_where(Expr::col((Entity, Column::Hash)).is_in(padded(hashes)));
        let rows = self.query_all(&select).await.map_err(store_error)?;
        // A row that can't be read counts as none, like an altered one. It must not hide the
        // others.
        let readable = |row| match grant(row) {
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "a secret, its token or its owner is left out");
                None
            }
            read => Some(read),
        };
        rows.iter().filter_map(readable).collect()
    }

    async fn of_token(&self, id: TokenId) -> Result<Vec<Tagged<Secret>>, StoreError> {
        let select = Entity::find()
            .filter(Column::TokenId.eq(id.as_uuid()))
            .order_by_asc(Column::Generation);
        readable_of(self, select).await
    }

    async fn after(
        &self,
        after: Option<[u8; 32]>,
        limit: u64,
    ) -> Result<Vec<Tagged<Secret>>, StoreError> {
        let select = Entity::find()
            .apply_if(after, |find, hash| {
                find.filter(Column::Hash.gt(hash.to_vec()))
            })
            .order_by_asc(Column::Hash);
        readable_page(self, select, limit).await
    }
}

//! Places in the status list.

use async_trait::async_trait;
use ats_pat_domain::port::{StatusChanges, StatusRepository, StoreError};
use ats_pat_domain::{StatusPlace, Tagged, Timestamp, TokenId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::channel::Channel;
use crate::entity::status_place::{ActiveModel, Column, Entity, Model};
use crate::failure::store_error;
use crate::readable::{page_of, readable_page};
use crate::row::{corrupt, tag};
use crate::transaction::StoreTransaction;
use crate::write::{insert, update};

impl TryFrom<Model> for Tagged<StatusPlace> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(Self {
            row: StatusPlace {
                index: read_index(model.place)?,
                token_id: TokenId::from_uuid(model.token_id),
                generation: u32::try_from(model.generation)
                    .map_err(|_| corrupt("status_places.generation"))?,
                revoked: model.revoked,
                free_at: Timestamp::from_millis(model.free_at),
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<StatusPlace>> for ActiveModel {
    fn from(place: &Tagged<StatusPlace>) -> Self {
        let Tagged { row, tag } = place;
        Self {
            place: Set(stored_index(row.index)),
            token_id: Set(row.token_id.as_uuid()),
            generation: Set(row.generation.into()),
            revoked: Set(row.revoked),
            free_at: Set(row.free_at.as_millis()),
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

/// No list is long enough for an index that doesn't fit.
pub(crate) fn stored_index(index: u64) -> i64 {
    index.try_into().unwrap_or(i64::MAX)
}

pub(crate) fn read_index(stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|_| corrupt("a place in the status list"))
}

#[async_trait]
impl StatusRepository for Channel {
    async fn by_index(&self, index: u64) -> Result<Option<Tagged<StatusPlace>>, StoreError> {
        let found = Entity::find_by_id(stored_index(index)).one(self).await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn first_free(&self, now: Timestamp) -> Result<Option<Tagged<StatusPlace>>, StoreError> {
        let select = Entity::find()
            .filter(Column::FreeAt.lte(now.as_millis()))
            .order_by_asc(Column::FreeAt)
            .order_by_asc(Column::Place);
        let found = readable_page(self, select, 1).await?;
        Ok(found.into_iter().next())
    }

    async fn has_place(&self, token: TokenId) -> Result<bool, StoreError> {
        let found = Entity::find()
            .filter(Column::TokenId.eq(token.as_uuid()))
            .one(self)
            .await;
        Ok(found.map_err(store_error)?.is_some())
    }

    async fn greatest_index(&self) -> Result<Option<u64>, StoreError> {
        let select = Entity::find()
            .select_only()
            .column(Column::Place)
            .order_by_desc(Column::Place);
        let found = page_of(self, select, 1, |row| {
            let place = row.try_get("", Column::Place.as_str());
            read_index(place.map_err(store_error)?).map(Some)
        });
        Ok(found.await?.into_iter().next())
    }

    async fn after(
        &self,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Vec<Tagged<StatusPlace>>, StoreError> {
        let select = Entity::find()
            .apply_if(after, |find, index| {
                find.filter(Column::Place.gt(stored_index(index)))
            })
            .order_by_asc(Column::Place);
        readable_page(self, select, limit).await
    }
}

#[async_trait]
impl StatusChanges for StoreTransaction {
    async fn insert_status_place(&self, place: &Tagged<StatusPlace>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(place)).await
    }

    async fn update_status_place(&self, place: &Tagged<StatusPlace>) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(ActiveModel {
                place: NotSet,
                ..place.into()
            })
            .filter(Column::Place.eq(stored_index(place.row.index)));
        update(&self.channel, row).await
    }
}

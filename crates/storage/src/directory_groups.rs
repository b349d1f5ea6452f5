//! The groups of the company's directory.

use async_trait::async_trait;
use ats_pat_domain::port::{DirectoryGroupChanges, DirectoryGroupRepository, StoreError};
use ats_pat_domain::{DirectoryGroup, GroupId, GroupName, Subject, Tagged, Timestamp};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::channel::Channel;
use crate::entity::directory_group::{ActiveModel, Column, Entity, Model};
use crate::failure::store_error;
use crate::readable::readable_of;
use crate::row::tag;
use crate::transaction::StoreTransaction;
use crate::write::{insert, update};

impl TryFrom<Model> for Tagged<DirectoryGroup> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(Self {
            row: DirectoryGroup {
                id: GroupId::from_uuid(model.id),
                display_name: GroupName::from_stored(model.display_name),
                external_id: model.external_id.map(Subject::from_stored),
                created_at: Timestamp::from_millis(model.created_at),
                updated_at: Timestamp::from_millis(model.updated_at),
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<DirectoryGroup>> for ActiveModel {
    fn from(group: &Tagged<DirectoryGroup>) -> Self {
        let Tagged { row, tag } = group;
        let external_id = row.external_id.as_ref();
        Self {
            id: Set(row.id.as_uuid()),
            display_name: Set(row.display_name.as_str().to_owned()),
            external_id: Set(external_id.map(|id| id.as_str().to_owned())),
            created_at: Set(row.created_at.as_millis()),
            updated_at: Set(row.updated_at.as_millis()),
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl DirectoryGroupRepository for Channel {
    async fn by_id(&self, id: GroupId) -> Result<Option<Tagged<DirectoryGroup>>, StoreError> {
        let found = Entity::find_by_id(id.as_uuid()).one(self).await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn all(&self) -> Result<Vec<Tagged<DirectoryGroup>>, StoreError> {
        readable_of(self, Entity::find().order_by_asc(Column::Id)).await
    }
}

#[async_trait]
impl DirectoryGroupChanges for StoreTransaction {
    async fn insert_directory_group(
        &self,
        group: &Tagged<DirectoryGroup>,
    ) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(group)).await
    }

    async fn update_directory_group(
        &self,
        group: &Tagged<DirectoryGroup>,
    ) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(ActiveModel {
                id: NotSet,
                ..group.into()
            })
            .filter(Column::Id.eq(group.row.id.as_uuid()));
        update(&self.channel, row).await
    }

    async fn delete_directory_group(&self, id: GroupId) -> Result<(), StoreError> {
        let deleted = Entity::delete_by_id(id.as_uuid()).exec(&self.channel).await;
        deleted.map_err(store_error)?;
        Ok(())
    }
}

//! The repository of the policy.

use async_trait::async_trait;
use ats_pat_domain::Tagged;
use ats_pat_domain::port::{PolicyChanges, PolicyRepository, StoreError, StoredPolicy};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::channel::Channel;
use crate::entity::policy::{ActiveModel, Entity, Model};
use crate::failure::store_error;
use crate::row::tag;
use crate::transaction::StoreTransaction;
use crate::write::insert;

/// The one row of `policy`.
const POLICY: i32 = 1;

impl From<Model> for Tagged<StoredPolicy> {
    fn from(model: Model) -> Self {
        Self {
            row: StoredPolicy {
                document: model.document,
            },
            tag: tag(model.key_id, model.tag),
        }
    }
}

impl From<&Tagged<StoredPolicy>> for ActiveModel {
    fn from(policy: &Tagged<StoredPolicy>) -> Self {
        let Tagged { row, tag } = policy;
        Self {
            id: Set(POLICY),
            document: Set(row.document.clone()),
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl PolicyRepository for Channel {
    async fn current(&self) -> Result<Option<Tagged<StoredPolicy>>, StoreError> {
        let found = Entity::find_by_id(POLICY).one(self).await;
        Ok(found.map_err(store_error)?.map(Into::into))
    }
}

#[async_trait]
impl PolicyChanges for StoreTransaction {
    async fn replace_policy(&self, policy: &Tagged<StoredPolicy>) -> Result<(), StoreError> {
        // Changes are serial, so no other change can come between the two statements.
        let deleted = Entity::delete_by_id(POLICY).exec(&self.channel).await;
        deleted.map_err(store_error)?;
        insert(&self.channel, ActiveModel::from(policy)).await
    }
}

//! The repository of the set-up link.

use async_trait::async_trait;
use ats_pat_domain::port::{SetupLink, SetupLinkChanges, SetupLinkRepository, StoreError};
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::{Tagged, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::channel::Channel;
use crate::entity::setup_link::{ActiveModel, Entity, Model};
use crate::failure::store_error;
use crate::row::{fixed, tag};
use crate::transaction::StoreTransaction;
use crate::write::insert;

/// The one row of `setup_link`.
const LINK: i32 = 1;

impl TryFrom<Model> for Tagged<SetupLink> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(Self {
            row: SetupLink {
                code_hash: fixed(&model.code_hash, "setup_link.code_hash")?,
                key_id: KeyId(model.key_id),
                expires_at: Timestamp::from_millis(model.expires_at),
            },
            tag: tag(model.tag_key_id, model.tag),
        })
    }
}

impl From<&Tagged<SetupLink>> for ActiveModel {
    fn from(link: &Tagged<SetupLink>) -> Self {
        let Tagged { row, tag } = link;
        Self {
            id: Set(LINK),
            code_hash: Set(row.code_hash.to_vec()),
            key_id: Set(row.key_id.0),
            expires_at: Set(row.expires_at.as_millis()),
            tag_key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl SetupLinkRepository for Channel {
    async fn current(&self) -> Result<Option<Tagged<SetupLink>>, StoreError> {
        let found = Entity::find_by_id(LINK).one(self).await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }
}

#[async_trait]
impl SetupLinkChanges for StoreTransaction {
    async fn replace_setup_link(&self, link: &Tagged<SetupLink>) -> Result<(), StoreError> {
        // Changes are serial, so no other change can come between the two statements.
        self.delete_setup_link().await?;
        insert(&self.channel, ActiveModel::from(link)).await
    }

    async fn delete_setup_link(&self) -> Result<bool, StoreError> {
        let deleted = Entity::delete_by_id(LINK).exec(&self.channel).await;
        Ok(deleted.map_err(store_error)?.rows_affected > 0)
    }
}

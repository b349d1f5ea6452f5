//! The identities that users are linked to.

use async_trait::async_trait;
use ats_pat_domain::port::{IdentityChanges, IdentityRepository, StoreError};
use ats_pat_domain::{
    Identity, Issuer, LinkedIdentity, ProviderName, Subject, Tagged, Timestamp, UserId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use crate::channel::Channel;
use crate::entity::identity::{ActiveModel, Column, Entity, Model};
use crate::failure::store_error;
use crate::readable::{readable_of, readable_page};
use crate::row::tag;
use crate::transaction::StoreTransaction;
use crate::write::insert;

/// What finds an identity. Neither part can take over a piece of the other, because the length of
/// the first stands before it.
pub(crate) fn identity_key(identity: &Identity) -> Vec<u8> {
    let issuer = identity.issuer.as_str();
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&(issuer.len() as u64).to_be_bytes())
        .update(issuer.as_bytes())
        .update(identity.subject.as_str().as_bytes());
    hasher.finalize().as_bytes().to_vec()
}

impl TryFrom<Model> for Tagged<LinkedIdentity> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(Self {
            row: LinkedIdentity {
                user_id: UserId::from_uuid(model.user_id),
                provider: ProviderName::from_stored(model.provider),
                identity: Identity {
                    issuer: Issuer::from_stored(model.issuer),
                    subject: Subject::from_stored(model.subject),
                },
                linked_at: Timestamp::from_millis(model.linked_at),
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<LinkedIdentity>> for ActiveModel {
    fn from(identity: &Tagged<LinkedIdentity>) -> Self {
        let Tagged { row, tag } = identity;
        Self {
            user_id: Set(row.user_id.as_uuid()),
            provider: Set(row.provider.as_str().to_owned()),
            identity_key: Set(identity_key(&row.identity)),
            issuer: Set(row.identity.issuer.as_str().to_owned()),
            subject: Set(row.identity.subject.as_str().to_owned()),
            linked_at: Set(row.linked_at.as_millis()),
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl IdentityRepository for Channel {
    async fn of(&self, identity: &Identity) -> Result<Option<Tagged<LinkedIdentity>>, StoreError> {
        let select = Entity::find().filter(Column::IdentityKey.eq(identity_key(identity)));
        let found = select.one(self).await.map_err(store_error)?;
        let found: Option<Tagged<LinkedIdentity>> = found.map(TryInto::try_into).transpose()?;
        // Whoever can write to the table can write any key beside any identity.
        Ok(found.filter(|found| found.row.identity == *identity))
    }

    async fn of_user(&self, user: UserId) -> Result<Vec<Tagged<LinkedIdentity>>, StoreError> {
        let select = Entity::find()
            .filter(Column::UserId.eq(user.as_uuid()))
            .order_by_asc(Column::Provider);
        readable_of(self, select).await
    }

    async fn after(
        &self,
        after: Option<(UserId, &ProviderName)>,
        limit: u64,
    ) -> Result<Vec<Tagged<LinkedIdentity>>, StoreError> {
        let select = Entity::find()
            .apply_if(after, |find, (user, provider)| {
                let same_user = Condition::all()
                    .add(Column::UserId.eq(user.as_uuid()))
                    .add(Column::Provider.gt(provider.as_str()));
                let behind = Condition::any()
                    .add(Column::UserId.gt(user.as_uuid()))
                    .add(same_user);
                find.filter(behind)
            })
            .order_by_asc(Column::UserId)
            .order_by_asc(Column::Provider);
        readable_page(self, select, limit).await
    }
}

#[async_trait]
impl IdentityChanges for StoreTransaction {
    async fn insert_identity(&self, identity: &Tagged<LinkedIdentity>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(identity)).await
    }

    async fn delete_identity(
        &self,
        user: UserId,
        provider: &ProviderName,
    ) -> Result<bool, StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::UserId.eq(user.as_uuid()))
            .filter(Column::Provider.eq(provider.as_str()));
        let deleted = delete.exec(&self.channel).await.map_err(store_error)?;
        Ok(deleted.rows_affected > 0)
    }
}

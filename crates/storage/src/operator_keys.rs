//! The repository of operator keys.

use async_trait::async_trait;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::operator_key::Rights;
use ats_pat_domain::port::{
    ListedOperatorKey, OperatorKeyChanges, OperatorKeyRepository, StoreError,
};
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::token::Usage;
use ats_pat_domain::{OperatorKey, OperatorKeyId, Tagged, Timestamp, TokenName, UserId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::channel::Channel;
use crate::entity::operator_key::{ActiveModel, Column, Entity, Model};
use crate::failure::store_error;
use crate::readable::readable_of;
use crate::row::{fixed, tag};
use crate::transaction::StoreTransaction;
use crate::write::{insert, update};

impl TryFrom<Model> for Tagged<OperatorKey> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(ListedOperatorKey::try_from(model)?.key)
    }
}

impl TryFrom<Model> for ListedOperatorKey {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        let networks = model.allowed_networks.as_deref();
        let last_used = model.last_used_at.zip(model.last_used_from);
        let row = OperatorKey {
            id: OperatorKeyId::from_uuid(model.id),
            hash: fixed(&model.hash, "operator_keys.hash")?,
            key_id: KeyId(model.key_id),
            name: TokenName::from_stored(model.name),
            rights: Rights::from_stored(&model.rights),
            allowed_networks: networks.map(AllowedNetworks::from_stored),
            made_by: model.made_by.map(UserId::from_uuid),
            created_at: Timestamp::from_millis(model.created_at),
            expires_at: Timestamp::from_millis(model.expires_at),
            revoked_at: model.revoked_at.map(Timestamp::from_millis),
        };
        Ok(Self {
            key: Tagged {
                row,
                tag: tag(model.tag_key_id, model.tag),
            },
            last_used: last_used.map(|(at, from)| Usage {
                last_used_at: Timestamp::from_millis(at),
                last_used_from: from,
            }),
        })
    }
}

impl From<&Tagged<OperatorKey>> for ActiveModel {
    fn from(key: &Tagged<OperatorKey>) -> Self {
        let Tagged { row, tag } = key;
        let networks = row.allowed_networks.as_ref();
        Self {
            id: Set(row.id.as_uuid()),
            hash: Set(row.hash.to_vec()),
            key_id: Set(row.key_id.0),
            name: Set(row.name.as_str().to_owned()),
            rights: Set(row.rights.to_stored()),
            allowed_networks: Set(networks.map(AllowedNetworks::to_stored)),
            made_by: Set(row.made_by.map(UserId::as_uuid)),
            created_at: Set(row.created_at.as_millis()),
            expires_at: Set(row.expires_at.as_millis()),
            revoked_at: Set(row.revoked_at.map(Timestamp::as_millis)),
            last_used_at: NotSet,
            last_used_from: NotSet,
            tag_key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl OperatorKeyRepository for Channel {
    async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Tagged<OperatorKey>>, StoreError> {
        let select = Entity::find().filter(Column::Hash.eq(hash.to_vec()));
        let found = select.one(self).await.map_err(store_error)?;
        found.map(TryInto::try_into).transpose()
    }

    async fn by_id(&self, id: OperatorKeyId) -> Result<Option<Tagged<OperatorKey>>, StoreError> {
        let found = Entity::find_by_id(id.as_uuid()).one(self).await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn all(&self) -> Result<Vec<ListedOperatorKey>, StoreError> {
        let select = Entity::find()
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id);
        readable_of(self, select).await
    }
}

#[async_trait]
impl OperatorKeyChanges for StoreTransaction {
    async fn insert_operator_key(&self, key: &Tagged<OperatorKey>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(key)).await
    }

    async fn update_operator_key(&self, key: &Tagged<OperatorKey>) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(ActiveModel {
                id: NotSet,
                ..key.into()
            })
            .filter(Column::Id.eq(key.row.id.as_uuid()));
        update(&self.channel, row).await
    }
}

/// Notes a use, unless a later one was noted.
pub(crate) async fn touch(
    channel: &Channel,
    id: OperatorKeyId,
    used: &Usage,
) -> Result<(), StoreError> {
    let at = used.last_used_at.as_millis();
    let is_earlier = Condition::any()
        .add(Column::LastUsedAt.is_null())
        .add(Column::LastUsedAt.lt(at));
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::val(at))
        .col_expr(
            Column::LastUsedFrom,
            Expr::val(used.last_used_from.as_str()),
        )
        .filter(Column::Id.eq(id.as_uuid()))
        .filter(is_earlier)
        .exec(channel)
        .await
        .map_err(store_error)?;
    Ok(())
}

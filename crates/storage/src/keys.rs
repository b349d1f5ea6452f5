//! Root keys and the ring of signing keys.

use async_trait::async_trait;
use ats_pat_domain::Tagged;
use ats_pat_domain::Timestamp;
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{KeyChanges, KeyRepository, StoreError, StoredRing};
use ats_pat_domain::tagged::KeyId;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder};

use crate::channel::Channel;
use crate::entity::signing_key::{ActiveModel, Column, Entity, Model};
use crate::entity::{event_head, key_ring, root_key};
use crate::failure::store_error;
use crate::head::{HEAD_PREFIX, head, head_columns, is_head};
use crate::readable::readable;
use crate::row::{columns, corrupt, fixed, optional_part, tag};
use crate::transaction::StoreTransaction;
use crate::write::{exactly_one, insert, update};

/// The version of a ring whose row was removed. The version only tells that a ring must be read
/// again, and grants no right.
pub(crate) const NO_VERSION: i64 = 0;
/// The one row of `key_ring`.
pub(crate) const RING: i32 = 1;

impl TryFrom<Model> for Tagged<StoredSigningKey> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(Self {
            row: StoredSigningKey {
                kid: model.kid,
                algorithm: model.algorithm,
                public: fixed(&model.public, "signing_keys.public")?,
                sealed: model.sealed,
                created_at: Timestamp::from_millis(model.created_at),
                active_from: Timestamp::from_millis(model.active_from),
                retired_at: model.retired_at.map(Timestamp::from_millis),
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<StoredSigningKey>> for ActiveModel {
    fn from(key: &Tagged<StoredSigningKey>) -> Self {
        let Tagged { row, tag } = key;
        Self {
            kid: Set(row.kid.clone()),
            algorithm: Set(row.algorithm.clone()),
            public: Set(row.public.to_vec()),
            sealed: Set(row.sealed.clone()),
            created_at: Set(row.created_at.as_millis()),
            active_from: Set(row.active_from.as_millis()),
            retired_at: Set(row.retired_at.map(Timestamp::as_millis)),
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

impl From<root_key::Model> for StoredRootKey {
    fn from(model: root_key::Model) -> Self {
        Self {
            key_id: KeyId(model.key_id),
            sealed: model.sealed,
            created_at: Timestamp::from_millis(model.created_at),
        }
    }
}

impl From<&StoredRootKey> for root_key::ActiveModel {
    fn from(key: &StoredRootKey) -> Self {
        Self {
            key_id: Set(key.key_id.0),
            sealed: Set(key.sealed.clone()),
            created_at: Set(key.created_at.as_millis()),
        }
    }
}

#[async_trait]
impl KeyRepository for Channel {
    async fn root_keys(&self) -> Result<Vec<StoredRootKey>, StoreError> {
        let found = root_key::Entity::find()
            .order_by_asc(root_key::Column::KeyId)
            .all(self)
            .await;
        Ok(found
            .map_err(store_error)?
            .into_iter()
            .map(Into::into)
            .collect())
    }

    async fn ring(&self) -> Result<StoredRing, StoreError> {
        // One statement, so that all parts belong to the same state.
        let mut select = Query::select();
        columns(&mut select, Entity, "k_");
        head_columns(&mut select);
        select
            .expr_as(
                Expr::col((key_ring::Entity, key_ring::Column::Version)),
                Alias::new("version"),
            )
            .from(event_head::Entity)
            .left_join(
                key_ring::Entity,
                Expr::col((key_ring::Entity, key_ring::Column::Id)).eq(RING),
            )
            .left_join(Entity, Expr::val(1).eq(1))
            .and_where(is_head())
            .order_by((Entity, Column::CreatedAt), Order::Asc)
            .order_by((Entity, Column::Kid), Order::Asc);
        let rows = self.query_all(&select).await.map_err(store_error)?;
        let first = rows.first().ok_or_else(|| corrupt("event_head"))?;
        let version: Option<i64> = first.try_get("", "version").map_err(store_error)?;
        let keys = readable::<Entity, _>(self, &rows, "k_", |row| {
            let key = optional_part::<Model>(row, "k_")?;
            key.map(TryInto::try_into).transpose()
        })?;
        Ok(StoredRing {
            version: version.unwrap_or(NO_VERSION),
            keys,
            head: head(first, HEAD_PREFIX)?,
        })
    }

    async fn ring_version(&self) -> Result<i64, StoreError> {
        let ring = key_ring::Entity::find_by_id(RING).one(self).await;
        let ring = ring.map_err(store_error)?;
        Ok(ring.map_or(NO_VERSION, |ring| ring.version))
    }
}

#[async_trait]
impl KeyChanges for StoreTransaction {
    async fn insert_root_key(&self, key: &StoredRootKey) -> Result<(), StoreError> {
        insert(&self.channel, root_key::ActiveModel::from(key)).await
    }

    async fn update_root_key(&self, key: &StoredRootKey) -> Result<(), StoreError> {
        let row = root_key::Entity::update_many()
            .set(root_key::ActiveModel {
                key_id: NotSet,
                ..key.into()
            })
            .filter(root_key::Column::KeyId.eq(key.key_id.0));
        update(&self.channel, row).await
    }

    async fn insert_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(key)).await
    }

    async fn update_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(ActiveModel {
                kid: NotSet,
                ..key.into()
            })
            .filter(Column::Kid.eq(&key.row.kid));
        update(&self.channel, row).await
    }

    async fn bump_ring_version(&self) -> Result<(), StoreError> {
        let version = || Expr::col(key_ring::Column::Version);
        // Write access to the database must not be enough to prevent a key from being destroyed,
        // neither by the greatest number nor by removing the row.
        let next = CaseStatement::new()
            .case(version().lt(i64::MAX), version().add(1))
            .finally(NO_VERSION + 1);
        let changed = key_ring::Entity::update_many()
            .col_expr(key_ring::Column::Version, next.into())
            .filter(key_ring::Column::Id.eq(RING))
            .exec(&self.channel)
            .await;
        match changed.map_err(store_error)?.rows_affected {
            0 => {
                let ring = key_ring::ActiveModel {
                    id: Set(RING),
                    version: Set(NO_VERSION + 1),
                };
                insert(&self.channel, ring).await
            }
            many => exactly_one(&self.channel, many).await,
        }
    }
}

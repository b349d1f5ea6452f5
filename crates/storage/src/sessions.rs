//! The repository of sessions, which sign-ins begin.

use async_trait::async_trait;
use ats_pat_domain::port::{FoundSession, SessionChanges, SessionRepository, StoreError};
use ats_pat_domain::session::ProviderSession;
use ats_pat_domain::{ProviderName, Session, Tagged, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::channel::Channel;
use crate::entity::session::{ActiveModel, Column, Entity, Model};
use crate::entity::{event_head, user};
use crate::failure::store_error;
use crate::head::{HEAD_PREFIX, head, head_columns, is_head};
use crate::readable::{readable_of, unreadable_of};
use crate::row::{columns, fixed, part, tag};
use crate::transaction::StoreTransaction;
use crate::write::insert;

/// What the session has from a provider. `None` if it has none.
fn provider(model: &Model) -> Result<Option<ProviderSession>, StoreError> {
    let is_there = model.provider.is_some()
        || model.provider_session.is_some()
        || model.authenticated_at.is_some()
        || model.is_admin.is_some();
    if !is_there {
        return Ok(None);
    }
    // No release writes a part of it. Without a name the row differs from what its tag is for.
    let provider = model.provider.clone().filter(|_| model.is_admin.is_some());
    let id_hash = model.provider_session.as_deref();
    let id_hash = id_hash.map(|hash| fixed(hash, "sessions.provider_session"));
    Ok(Some(ProviderSession {
        provider: ProviderName::from_stored(provider.unwrap_or_default()),
        id_hash: id_hash.transpose()?,
        authenticated_at: model.authenticated_at.map(Timestamp::from_millis),
        is_administrator: model.is_admin.unwrap_or_default(),
    }))
}

impl TryFrom<Model> for Tagged<Session> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        let provider = provider(&model)?;
        Ok(Self {
            row: Session {
                id_hash: fixed(&model.id_hash, "sessions.id_hash")?,
                user_id: UserId::from_uuid(model.user_id),
                created_at: Timestamp::from_millis(model.created_at),
                last_seen_at: Timestamp::from_millis(model.last_seen_at),
                seen_tag: model.seen_tag,
                ends_at: Timestamp::from_millis(model.ends_at),
                provider,
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<Session>> for ActiveModel {
    fn from(session: &Tagged<Session>) -> Self {
        let Tagged { row, tag } = session;
        let provider = row.provider.as_ref();
        Self {
            id_hash: Set(row.id_hash.to_vec()),
            key_id: Set(tag.key_id.0),
            user_id: Set(row.user_id.as_uuid()),
            created_at: Set(row.created_at.as_millis()),
            last_seen_at: Set(row.last_seen_at.as_millis()),
            ends_at: Set(row.ends_at.as_millis()),
            tag: Set(tag.bytes.clone()),
            seen_tag: Set(row.seen_tag.clone()),
            provider: Set(provider.map(|it| it.provider.as_str().to_owned())),
            provider_session: Set(provider.and_then(|it| it.id_hash).map(|hash| hash.to_vec())),
            authenticated_at: Set(provider
                .and_then(|it| it.authenticated_at)
                .map(Timestamp::as_millis)),
            is_admin: Set(provider.map(|it| it.is_administrator)),
        }
    }
}

#[async_trait]
impl SessionRepository for Channel {
    async fn by_hash(&self, id_hash: &[u8; 32]) -> Result<Option<FoundSession>, StoreError> {
        let mut select = Query::select();
        columns(&mut select, Entity, "s_");
        columns(&mut select, user::Entity, "u_");
        head_columns(&mut select);
        select
            .from(Entity)
            .inner_join(
                user::Entity,
                Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId)),
            )
            .inner_join(event_head::Entity, is_head())
            .and_where(Expr::col((Entity, Column::IdHash)).eq(id_hash.to_vec()));
        let Some(row) = self.query_one(&select).await.map_err(store_error)? else {
            return Ok(None);
        };
        Ok(Some(FoundSession {
            session: part::<Model>(&row, "s_")?.try_into()?,
            user: part::<user::Model>(&row, "u_")?.try_into()?,
            head: head(&row, HEAD_PREFIX)?,
        }))
    }

    async fn alone(&self, id_hash: &[u8; 32]) -> Result<Option<Tagged<Session>>, StoreError> {
        let found = Entity::find_by_id(id_hash.to_vec()).one(self).await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn of_user(&self, user: UserId) -> Result<Vec<Tagged<Session>>, StoreError> {
        readable_of(self, select_of(user)).await
    }

    async fn unreadable_of_user(&self, user: UserId) -> Result<Vec<String>, StoreError> {
        unreadable_of::<_, Tagged<Session>>(self, select_of(user)).await
    }

    async fn of_provider_session(
        &self,
        id_hash: &[u8; 32],
    ) -> Result<Vec<Tagged<Session>>, StoreError> {
        let select = Entity::find()
            .filter(Column::ProviderSession.eq(id_hash.to_vec()))
            .order_by_asc(Column::IdHash);
        readable_of(self, select).await
    }

    async fn all(&self) -> Result<Vec<Tagged<Session>>, StoreError> {
        let select = Entity::find()
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::IdHash);
        readable_of(self, select).await
    }
}

fn select_of(user: UserId) -> Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(user.as_uuid()))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::IdHash)
}

#[async_trait]
impl SessionChanges for StoreTransaction {
    async fn insert_session(&self, session: &Tagged<Session>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(session)).await
    }

    async fn delete_session(&self, id_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::IdHash.eq(id_hash.to_vec()))
            .exec(&self.channel)
            .await;
        Ok(deleted.map_err(store_error)?.rows_affected > 0)
    }

    async fn delete_sessions_of(&self, user: UserId) -> Result<u64, StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::UserId.eq(user.as_uuid()))
            .exec(&self.channel)
            .await;
        Ok(deleted.map_err(store_error)?.rows_affected)
    }
}

/// Sets the time when a session was last seen. It only moves forward.
pub(crate) async fn touch(
    channel: &Channel,
    id_hash: &[u8; 32],
    seen_at: Timestamp,
    seen_tag: &[u8],
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::val(seen_at.as_millis()))
        .col_expr(Column::SeenTag, Expr::val(seen_tag.to_vec()))
        .filter(Column::IdHash.eq(id_hash.to_vec()))
        .filter(Column::LastSeenAt.lt(seen_at.as_millis()))
        .exec(channel)
        .await
        .map_err(store_error)?;
    Ok(())
}

/// Removes up to `limit` sessions that ended, or that were not seen for long. No database deletes a
/// limited number in the same way, so the statement names them.
pub(crate) async fn delete_ended(
    channel: &Channel,
    ended_before: Timestamp,
    idle_since: Timestamp,
    limit: u64,
) -> Result<u64, StoreError> {
    let has_ended = Condition::any()
        .add(Column::EndsAt.lt(ended_before.as_millis()))
        .add(Column::LastSeenAt.lt(idle_since.as_millis()));
    let ended: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::IdHash)
        .filter(has_ended.clone())
        .limit(limit)
        .into_tuple()
        .all(channel)
        .await
        .map_err(store_error)?;
    if ended.is_empty() {
        return Ok(0);
    }
    // One of them may have been used since.
    let deleted = Entity::delete_many()
        .filter(Column::IdHash.is_in(ended))
        .filter(has_ended)
        .exec(channel)
        .await;
    Ok(deleted.map_err(store_error)?.rows_affected)
}

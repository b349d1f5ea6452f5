//! Personal access token entries.

use async_trait::async_trait;
use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::{
    ListedToken, SignOfLife, StoreError, StoredBearer, TokenChanges, TokenCounts, TokenPage,
    TokenRepository,
};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    Description, Scopes, Status, Tagged, Timestamp, Token, TokenId, TokenName, UserId,
};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::channel::Channel;
use crate::entity::token::{ActiveModel, Column, Entity, Model};
use crate::entity::{secret, status_place, token_usage, user};
use crate::failure::store_error;
use crate::listed_token::{listed, select_listed};
use crate::page;
use crate::readable::{page_of, readable_page};
use crate::row::{columns, corrupt, name_key, part, tag};
use crate::transaction::StoreTransaction;
use crate::write::{exactly_one, insert, update};
use crate::{signs_of_life, token_counts, token_page};

impl TryFrom<Model> for Tagged<Token> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        Ok(Self {
            row: Token {
                id: TokenId::from_uuid(model.id),
                owner_id: UserId::from_uuid(model.owner_id),
                name: TokenName::from_stored(model.name),
                description: Description::from_stored(model.description),
                scopes: Scopes::from_stored(&model.scopes),
                allowed_networks: model
                    .allowed_networks
                    .as_deref()
                    .map(AllowedNetworks::from_stored),
                generation: u32::try_from(model.generation)
                    .map_err(|_| corrupt("tokens.generation"))?,
                created_at: Timestamp::from_millis(model.created_at),
                expires_at: Timestamp::from_millis(model.expires_at),
                regenerated_at: model.regenerated_at.map(Timestamp::from_millis),
                revoked_at: model.revoked_at.map(Timestamp::from_millis),
                regenerates_until: model.regenerates_until.map(Timestamp::from_millis),
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<Token>> for ActiveModel {
    fn from(token: &Tagged<Token>) -> Self {
        let Tagged { row, tag } = token;
        let folded = row.name.folded();
        Self {
            id: Set(row.id.as_uuid()),
            owner_id: Set(row.owner_id.as_uuid()),
            name: Set(row.name.as_str().to_owned()),
            name_key: Set(name_key(&folded)),
            name_folded: Set(folded.into_bytes()),
            description: Set(row.description.as_str().to_owned()),
            description_folded: Set(row.description.folded().into_bytes()),
            scopes: Set(row.scopes.to_string()),
            allowed_networks: Set(row
                .allowed_networks
                .as_ref()
                .map(AllowedNetworks::to_stored)),
            generation: Set(row.generation.into()),
            created_at: Set(row.created_at.as_millis()),
            expires_at: Set(row.expires_at.as_millis()),
            regenerated_at: Set(row.regenerated_at.map(Timestamp::as_millis)),
            revoked_at: Set(row.revoked_at.map(Timestamp::as_millis)),
            regenerates_until: Set(row.regenerates_until.map(Timestamp::as_millis)),
            reused_at: NotSet,
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

async fn one(
    channel: &Channel,
    select: &SelectStatement,
) -> Result<Option<ListedToken>, StoreError> {
    let row = channel.query_one(select).await.map_err(store_error)?;
    row.as_ref().map(listed).transpose()
}

/// The ids are read first, so that no statement searches for long where few tokens may be removed.
async fn removable(
    channel: &Channel,
    after: Option<TokenId>,
    limit: u64,
    expired_before: Timestamp,
) -> Result<(Vec<TokenId>, Option<TokenId>), StoreError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .apply_if(after, |find, id| find.filter(Column::Id.gt(id.as_uuid())))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(channel)
        .await
        .map_err(store_error)?;
    let is_last = (ids.len() as u64) < limit;
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
        return Ok((Vec::new(), None));
    };
    let places = Query::select()
        .expr(Expr::val(1))
        .from(status_place::Entity)
        .and_where(
            Expr::col((status_place::Entity, status_place::Column::TokenId))
                .equals((Entity, Column::Id)),
        )
        .take();
    let found: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.between(*first, *last))
        .filter(Column::ExpiresAt.lt(expired_before.as_millis()))
        .filter(Expr::exists(places).not())
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(channel)
        .await
        .map_err(store_error)?;
    let found = found.into_iter().map(TokenId::from_uuid).collect();
    Ok((found, (!is_last).then_some(TokenId::from_uuid(*last))))
}

#[async_trait]
impl TokenRepository for Channel {
    async fn by_id(&self, id: TokenId) -> Result<Option<ListedToken>, StoreError> {
        let mut select = select_listed();
        select.and_where(Expr::col((Entity, Column::Id)).eq(id.as_uuid()));
        one(self, &select).await
    }

    async fn owned(&self, owner: UserId, id: TokenId) -> Result<Option<ListedToken>, StoreError> {
        let mut select = select_listed();
        select
            .and_where(Expr::col((Entity, Column::Id)).eq(id.as_uuid()))
            .and_where(Expr::col((Entity, Column::OwnerId)).eq(owner.as_uuid()));
        one(self, &select).await
    }

    async fn page(&self, query: &TokenQuery, now: Timestamp) -> Result<TokenPage, StoreError> {
        token_page::read(self, query, now).await
    }

    async fn matching(
        &self,
        query: &TokenQuery,
        now: Timestamp,
        after: Option<TokenId>,
        only: Option<&[TokenId]>,
        limit: u64,
    ) -> Result<Vec<TokenId>, StoreError> {
        token_page::matching(self, query, now, after, only, limit).await
    }

    async fn active_with_name(
        &self,
        owner: UserId,
        folded: &str,
        now: Timestamp,
    ) -> Result<Option<TokenId>, StoreError> {
        let found = Entity::find()
            .filter(Column::OwnerId.eq(owner.as_uuid()))
            .filter(Column::NameKey.eq(name_key(folded)))
            .filter(token_page::has_status(Status::Active, now))
            // In the order of the index. Otherwise PostgreSQL expects to find one soon wherever it
            // begins, and reads every ended token.
            .order_by_desc(Column::RevokedAt)
            .order_by_desc(Column::ExpiresAt)
            .one(self)
            .await;
        Ok(found
            .map_err(store_error)?
            .map(|model| TokenId::from_uuid(model.id)))
    }

    async fn count_active(&self, owner: UserId, now: Timestamp) -> Result<u64, StoreError> {
        let active = Condition::all()
            .add(Column::OwnerId.eq(owner.as_uuid()))
            .add(token_page::has_status(Status::Active, now));
        // The index alone answers this. SeaORM's own count reads every column.
        page::count(self, Entity, active).await
    }

    async fn count_by_status(
        &self,
        after: Option<TokenId>,
        limit: u64,
        now: Timestamp,
        soon: Timestamp,
    ) -> Result<(TokenCounts, Option<TokenId>), StoreError> {
        token_counts::read(self, after, limit, now, soon).await
    }

    async fn removable(
        &self,
        after: Option<TokenId>,
        limit: u64,
        expired_before: Timestamp,
    ) -> Result<(Vec<TokenId>, Option<TokenId>), StoreError> {
        removable(self, after, limit, expired_before).await
    }

    async fn bearer(&self, id: TokenId) -> Result<Option<StoredBearer>, StoreError> {
        let mut select = Query::select();
        columns(&mut select, Entity, "t_");
        columns(&mut select, user::Entity, "u_");
        select
            .from(Entity)
            .inner_join(
                user::Entity,
                Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::OwnerId)),
            )
            .and_where(Expr::col((Entity, Column::Id)).eq(id.as_uuid()));
        let Some(row) = self.query_one(&select).await.map_err(store_error)? else {
            return Ok(None);
        };
        Ok(Some(StoredBearer {
            token: part::<Model>(&row, "t_")?.try_into()?,
            owner: part::<user::Model>(&row, "u_")?.try_into()?,
        }))
    }

    async fn after(
        &self,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<Tagged<Token>>, StoreError> {
        let select = Entity::find()
            .apply_if(after, |find, id| find.filter(Column::Id.gt(id.as_uuid())))
            .order_by_asc(Column::Id);
        readable_page(self, select, limit).await
    }

    async fn signs_of_life(
        &self,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<SignOfLife>, StoreError> {
        signs_of_life::read(self, after, limit).await
    }

    async fn ids(
        &self,
        owner: Option<UserId>,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<(TokenId, UserId)>, StoreError> {
        let select = Entity::find()
            .select_only()
            .columns([Column::Id, Column::OwnerId])
            .apply_if(owner, |find, owner| {
                find.filter(Column::OwnerId.eq(owner.as_uuid()))
            })
            .apply_if(after, |find, id| find.filter(Column::Id.gt(id.as_uuid())))
            .order_by_asc(Column::Id);
        page_of(self, select, limit, |row| {
            let uuid = |column: Column| row.try_get("", column.as_str()).map_err(store_error);
            let (id, owner) = (uuid(Column::Id)?, uuid(Column::OwnerId)?);
            Ok(Some((TokenId::from_uuid(id), UserId::from_uuid(owner))))
        })
        .await
    }

    async fn of_owner(
        &self,
        owner: UserId,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<Tagged<Token>>, StoreError> {
        let select = Entity::find()
            .filter(Column::OwnerId.eq(owner.as_uuid()))
            .apply_if(after, |find, id| find.filter(Column::Id.gt(id.as_uuid())))
            .order_by_asc(Column::Id);
        readable_page(self, select, limit).await
    }
}

#[async_trait]
impl TokenChanges for StoreTransaction {
    async fn insert_token(&self, token: &Tagged<Token>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(token)).await
    }

    async fn update_token(&self, token: &Tagged<Token>) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(ActiveModel {
                id: NotSet,
                // A token never changes its owner. If this set the same owner again, SQLite would
                // look for the owner's row. Somebody may have removed that row, and then the token
                // could not be revoked.
                owner_id: NotSet,
                ..token.into()
            })
            .filter(Column::Id.eq(token.row.id.as_uuid()));
        update(&self.channel, row).await
    }

    async fn note_reuse(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .col_expr(Column::ReusedAt, Expr::value(at.as_millis()))
            .filter(Column::Id.eq(id.as_uuid()));
        update(&self.channel, row).await
    }

    async fn insert_secret(&self, secret: &Tagged<Secret>) -> Result<(), StoreError> {
        insert(&self.channel, secret::ActiveModel::from(secret)).await
    }

    async fn delete_token(&self, id: TokenId) -> Result<(), StoreError> {
        let usage = token_usage::Entity::delete_by_id(id.as_uuid())
            .exec(&self.channel)
            .await;
        usage.map_err(store_error)?;
        let deleted = Entity::delete_by_id(id.as_uuid()).exec(&self.channel).await;
        exactly_one(&self.channel, deleted.map_err(store_error)?.rows_affected).await
    }

    async fn delete_secret(&self, hash: &[u8; 32]) -> Result<(), StoreError> {
        let deleted = secret::Entity::delete_many()
            .filter(secret::Column::Hash.eq(hash.to_vec()))
            .exec(&self.channel)
            .await;
        deleted.map(|_| ()).map_err(store_error)
    }

    async fn update_secret(&self, secret: &Tagged<Secret>) -> Result<(), StoreError> {
        let row = secret::Entity::update_many()
            .set(secret::ActiveModel {
                hash: NotSet,
                ..secret.into()
            })
            .filter(secret::Column::Hash.eq(secret.row.hash.to_vec()));
        update(&self.channel, row).await
    }
}

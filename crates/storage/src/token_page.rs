//! Pages of tokens: filter, search, order.

use std::time::Duration;

use ats_pat_domain::list::{SortField, TokenQuery};
use ats_pat_domain::port::{StoreError, TokenPage};
use ats_pat_domain::{Status, Timestamp, TokenId};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{Condition, ConnectionTrait, DbBackend, Order};
use uuid::Uuid;

use crate::channel::Channel;
use crate::entity::token::{Column, Entity};
use crate::entity::token_usage;
use crate::failure::store_error;
use crate::listed_token::{listed, select_listed};
use crate::page::{self, Slice, has_word, holds};
use crate::readable::readable;
use crate::users::ids_of_called;

const DAY: Duration = Duration::from_hours(24);

/// The page that `query` asks for, and the number of tokens on all its pages.
pub(crate) async fn read(
    channel: &Channel,
    query: &TokenQuery,
    now: Timestamp,
) -> Result<TokenPage, StoreError> {
    let filter = filter(channel.get_database_backend(), query, now);
    let mut select = select_listed();
    order(&mut select, query);
    let slice = Slice {
        offset: query.offset(),
        limit: query.page_size.into(),
    };
    let (rows, total) = page::read(channel, Entity, select, filter, slice).await?;
    Ok(TokenPage {
        items: readable::<Entity, _>(channel, &rows, "t_", |row| listed(row).map(Some))?,
        total,
    })
}

/// Up to `limit` ids of those that pass the filter of `query`, behind `after`, and of `only` these.
pub(crate) async fn matching(
    channel: &Channel,
    query: &TokenQuery,
    now: Timestamp,
    after: Option<TokenId>,
    only: Option<&[TokenId]>,
    limit: u64,
) -> Result<Vec<TokenId>, StoreError> {
    let id = || Expr::col((Entity, Column::Id));
    let filter = filter(channel.get_database_backend(), query, now)
        .add_option(after.map(|after| id().gt(after.as_uuid())))
        .add_option(only.map(|only| id().is_in(only.iter().map(|id| id.as_uuid()))));
    let select = Query::select()
        .column((Entity, Column::Id))
        .from(Entity)
        .cond_where(filter)
        .order_by((Entity, Column::Id), Order::Asc)
        .limit(limit)
        .take();
    let rows = channel.query_all(&select).await.map_err(store_error)?;
    let ids = rows.iter().map(|row| {
        let id: Uuid = row.try_get_by_index(0).map_err(store_error)?;
        Ok(TokenId::from_uuid(id))
    });
    ids.collect()
}

/// The condition for a status at `now`; see [`ats_pat_domain::Token::status`].
pub(crate) fn has_status(status: Status, now: Timestamp) -> Condition {
    let revoked_at = Expr::col((Entity, Column::RevokedAt));
    let expires_at = Expr::col((Entity, Column::ExpiresAt));
    match status {
        Status::Revoked => Condition::all().add(revoked_at.is_not_null()),
        Status::Expired => Condition::all()
            .add(revoked_at.is_null())
            .add(expires_at.lte(now.as_millis())),
        Status::Active => Condition::all()
            .add(revoked_at.is_null())
            .add(expires_at.gt(now.as_millis())),
    }
}

fn filter(backend: DbBackend, query: &TokenQuery, now: Timestamp) -> Condition {
    let owner = query
        .owner
        .map(|owner| Expr::col((Entity, Column::OwnerId)).eq(owner.as_uuid()));
    let owner_called = query
        .owner_called
        .as_deref()
        .map(|text| Expr::col((Entity, Column::OwnerId)).in_subquery(ids_of_called(backend, text)));
    let folded = |column| Expr::col((Entity, column));
    let search = query
        .search
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(|text| {
            Condition::any()
                .add(holds(backend, folded(Column::NameFolded), text))
                .add(holds(backend, folded(Column::DescriptionFolded), text))
        });
    let before =
        |column, at: Option<Timestamp>| at.map(|at| Expr::col((Entity, column)).lt(at.as_millis()));
    let scope = query.scope.as_deref().map(|scope| {
        let scopes = Expr::col((Entity, Column::Scopes));
        has_word(backend, scopes, scope)
    });
    let days = query.unused_for_days;
    Condition::all()
        .add_option(owner)
        .add_option(owner_called)
        .add_option(query.status.map(|status| has_status(status, now)))
        .add_option(search)
        .add_option(before(Column::CreatedAt, query.created_before))
        .add_option(before(Column::ExpiresAt, query.expires_before))
        .add_option(scope)
        .add_option(days.map(|days| is_unused(now.before(DAY.saturating_mul(days)))))
}

/// The condition for tokens that were not made, regenerated or used since.
fn is_unused(since: Timestamp) -> Condition {
    let since = since.as_millis();
    let regenerated_at = || Expr::col((Entity, Column::RegeneratedAt));
    let used = Query::select()
        .expr(Expr::val(1))
        .from(token_usage::Entity)
        .and_where(
            Expr::col((token_usage::Entity, token_usage::Column::TokenId))
                .equals((Entity, Column::Id)),
        )
        .and_where(Expr::col((token_usage::Entity, token_usage::Column::LastUsedAt)).gte(since))
        .take();
    let not_regenerated = Condition::any()
        .add(regenerated_at().is_null())
        .add(regenerated_at().lt(since));
    Condition::all()
        .add(Expr::col((Entity, Column::CreatedAt)).lt(since))
        .add(not_regenerated)
        .add(Expr::exists(used).not())
}

/// By the requested field. Ties are sorted by id in the same direction, and tokens without a use
/// come last in both.
fn order(select: &mut SelectStatement, query: &TokenQuery) {
    let direction = if query.sort.descending {
        Order::Desc
    } else {
        Order::Asc
    };
    let field: SimpleExpr = match query.sort.field {
        SortField::Name => Expr::col((Entity, Column::NameFolded)),
        SortField::CreatedAt => Expr::col((Entity, Column::CreatedAt)),
        SortField::ExpiresAt => Expr::col((Entity, Column::ExpiresAt)),
        SortField::LastUsedAt => {
            let last_used_at = Expr::col((token_usage::Entity, token_usage::Column::LastUsedAt));
            select.order_by_expr(last_used_at.clone().is_null(), Order::Asc);
            last_used_at
        }
    };
    select
        .order_by_expr(field, direction.clone())
        .order_by((Entity, Column::Id), direction);
}

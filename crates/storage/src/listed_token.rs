//! A token with its use and its secret in overlap, as in lists.

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::{ListedToken, StoreError};
use ats_pat_domain::secret::Slot;
use ats_pat_domain::token::Usage;
use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use crate::entity::token::{Column, Entity, Model};
use crate::entity::{secret, token_usage};
use crate::row::{columns, next_part, optional_part};

/// Selects tokens with their related rows, for [`listed`].
pub(crate) fn select_listed() -> SelectStatement {
    let mut select = Query::select();
    columns(&mut select, Entity, "t_");
    columns(&mut select, token_usage::Entity, "l_");
    columns(&mut select, secret::Entity, "o_");
    let of_it = Expr::col((secret::Entity, secret::Column::TokenId)).equals((Entity, Column::Id));
    let in_overlap =
        Expr::col((secret::Entity, secret::Column::Slot)).eq(Slot::Overlap.as_number());
    select
        .from(Entity)
        .left_join(
            token_usage::Entity,
            Expr::col((token_usage::Entity, token_usage::Column::TokenId))
                .equals((Entity, Column::Id)),
        )
        .left_join(secret::Entity, of_it.and(in_overlap));
    select
}

/// Reads a row of [`select_listed`].
pub(crate) fn listed(row: &QueryResult) -> Result<ListedToken, StoreError> {
    let usage: Option<token_usage::Model> = optional_part(row, "l_")?;
    // A secret that can't be read was planted or altered, and no longer works. The token is listed
    // without it.
    let secret = optional_part::<secret::Model>(row, "o_").ok().flatten();
    let token: Model = next_part(row, &mut 0)?;
    Ok(ListedToken {
        reused_at: token.reused_at.map(Timestamp::from_millis),
        token: token.try_into()?,
        usage: usage.map(|usage| Usage {
            last_used_at: Timestamp::from_millis(usage.last_used_at),
            last_used_from: usage.last_used_from,
        }),
        in_overlap: secret.and_then(|secret| secret.try_into().ok()),
    })
}

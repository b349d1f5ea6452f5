//! A token with its use, as lists have it.

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::{ListedToken, StoreError};
use ats_pat_domain::token::Usage;
use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use crate::entity::token::{Column, Entity, Model};
use crate::entity::token_usage;
use crate::row::{columns, optional_part, part};

/// A select of tokens with their use, for [`listed`].
pub(crate) fn select_listed() -> SelectStatement {
    let mut select = Query::select();
    columns(&mut select, Entity, "t_");
    columns(&mut select, token_usage::Entity, "l_");
    select.from(Entity).left_join(
        token_usage::Entity,
        Expr::col((token_usage::Entity, token_usage::Column::TokenId)).equals((Entity, Column::Id)),
    );
    select
}

/// Reads a row of [`select_listed`].
pub(crate) fn listed(row: &QueryResult) -> Result<ListedToken, StoreError> {
    let usage: Option<token_usage::Model> = optional_part(row, "l_")?;
    Ok(ListedToken {
        token: part::<Model>(row, "t_")?.try_into()?,
        usage: usage.map(|usage| Usage {
            last_used_at: Timestamp::from_millis(usage.last_used_at),
            last_used_from: usage.last_used_from,
        }),
    })
}

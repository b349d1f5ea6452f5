//! The conversion between rows and the domain that every repository needs.

use ats_pat_domain::port::StoreError;
use ats_pat_domain::tagged::{KeyId, Tag};
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};

use crate::failure::store_error;

/// Adds every column of `entity` to a select, with the name `prefix` + column, so that one
/// statement can read several tables.
pub(crate) fn columns<E: EntityTrait>(select: &mut SelectStatement, entity: E, prefix: &str) {
    for column in E::Column::iter() {
        select.expr_as(
            Expr::col((entity, column)),
            Alias::new(format!("{prefix}{}", column.as_str())),
        );
    }
}

/// A model that is read by the positions of its columns. By name, about thirty names would have to
/// be built and searched in every exchange that asks the database.
pub(crate) trait InOrder: Sized {
    /// Its fields in the order of the columns.
    const FIELDS: &[&str];

    /// Reads it from the columns that begin at `first`.
    fn read(row: &QueryResult, first: usize) -> Result<Self, DbErr>;
}

/// Makes a model [`InOrder`].
macro_rules! in_order {
    ($model:ty { $($field:ident)+ }) => {
        impl crate::row::InOrder for $model {
            const FIELDS: &[&str] = &[$(stringify!($field)),+];

            fn read(row: &sea_orm::QueryResult, first: usize) -> Result<Self, sea_orm::DbErr> {
                let mut places = first..;
                let mut next = || places.next().unwrap_or(usize::MAX);
                Ok(Self { $($field: row.try_get_by_index(next())?),+ })
            }
        }
    };
}
pub(crate) use in_order;

/// The model in the next columns of a row, in the order in which [`columns`] added them.
pub(crate) fn next_part<M: InOrder>(row: &QueryResult, next: &mut usize) -> Result<M, StoreError> {
    let first = *next;
    *next += M::FIELDS.len();
    M::read(row, first).map_err(store_error)
}

/// The part of `row` that [`columns`] named with `prefix`.
pub(crate) fn part<M: FromQueryResult>(row: &QueryResult, prefix: &str) -> Result<M, StoreError> {
    M::from_query_result(row, prefix).map_err(store_error)
}

/// Like [`part`], for an outer join: `None` if nothing was joined.
pub(crate) fn optional_part<M: FromQueryResult>(
    row: &QueryResult,
    prefix: &str,
) -> Result<Option<M>, StoreError> {
    M::from_query_result_optional(row, prefix).map_err(store_error)
}

/// The error for a row that this program can't have written.
pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt {
        what: what.to_owned(),
    }
}

/// Bytes of a fixed length.
pub(crate) fn fixed<const N: usize>(bytes: &[u8], what: &str) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| corrupt(what))
}

/// A tag from its two columns.
pub(crate) fn tag(key_id: i32, bytes: Vec<u8>) -> Tag {
    Tag {
        key_id: KeyId(key_id),
        bytes,
    }
}

/// The key that finds names, because an index can't have the 3,300 bytes of a folded name.
pub(crate) fn name_key(folded: &str) -> Vec<u8> {
    blake3::hash(folded.as_bytes()).as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{event_head, secret, token, user};

    fn assert_in_order<E: EntityTrait>()
    where
        E::Model: InOrder,
    {
        let columns: Vec<_> = E::Column::iter().map(|column| column.as_str()).collect();
        assert_eq!(E::Model::FIELDS, columns);
    }

    #[test]
    fn models_are_read_in_the_order_of_their_columns() {
        assert_in_order::<secret::Entity>();
        assert_in_order::<token::Entity>();
        assert_in_order::<user::Entity>();
        assert_in_order::<event_head::Entity>();
    }
}

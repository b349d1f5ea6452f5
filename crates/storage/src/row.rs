//! Between rows and the domain: what every repository needs.

use ats_pat_domain::port::StoreError;
use ats_pat_domain::tagged::{KeyId, Tag};
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};

use crate::failure::store_error;

/// Adds every column of `entity` to a select, named `prefix` + column, so that one statement can read
/// several tables.
pub(crate) fn columns<E: EntityTrait>(select: &mut SelectStatement, entity: E, prefix: &str) {
    for column in E::Column::iter() {
        select.expr_as(
            Expr::col((entity, column)),
            Alias::new(format!("{prefix}{}", column.as_str())),
        );
    }
}

/// The part of `row` that [`columns`] named with `prefix`.
pub(crate) fn part<M: FromQueryResult>(row: &QueryResult, prefix: &str) -> Result<M, StoreError> {
    M::from_query_result(row, prefix).map_err(store_error)
}

/// Like [`part`], of an outer join: `None` if nothing was joined.
pub(crate) fn optional_part<M: FromQueryResult>(
    row: &QueryResult,
    prefix: &str,
) -> Result<Option<M>, StoreError> {
    M::from_query_result_optional(row, prefix).map_err(store_error)
}

/// A row can't be what this program wrote.
pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt {
        what: what.to_owned(),
    }
}

/// Bytes of a fixed length.
pub(crate) fn fixed<const N: usize>(bytes: &[u8], what: &str) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| corrupt(what))
}

/// A tag of its two columns.
pub(crate) fn tag(key_id: i32, bytes: Vec<u8>) -> Tag {
    Tag {
        key_id: KeyId(key_id),
        bytes,
    }
}

/// The key that names are found by: an index takes no 3,300 bytes of a folded name.
pub(crate) fn name_key(folded: &str) -> Vec<u8> {
    blake3::hash(folded.as_bytes()).as_bytes().to_vec()
}

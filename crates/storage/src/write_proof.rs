//! Finds out whether the database stores what it is given, by writing something.

use ats_pat_domain::port::StoreError;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::channel::Channel;
use crate::entity::write_proof::{Column, Entity};
use crate::failure::store_error;
use crate::row::corrupt;

/// The id of the one row.
pub(crate) const ROW: i32 = 1;

/// Writes `size` new bytes, and reads the count back by another connection.
pub(crate) async fn prove(
    writes: &Channel,
    reads: &Channel,
    size: usize,
) -> Result<(), StoreError> {
    reads.check_file().map_err(store_error)?;
    let before = count(reads).await?;
    let filler = blake3::Hasher::new_derive_key("ats-pat-storage write proof")
        .update(&before.to_le_bytes())
        .finalize_xof();
    let mut bytes = vec![0; size];
    { filler }.fill(&mut bytes);
    // Servers that prove at once count once each. A proof that Galera refuses because of another
    // one has proven enough.
    let written = Entity::update_many()
        .col_expr(Column::Count, Expr::col(Column::Count).add(1))
        .col_expr(Column::Filler, Expr::val(bytes))
        .filter(Column::Id.eq(ROW))
        .exec(writes)
        .await
        .map_err(store_error);
    match written {
        Ok(_) => {}
        Err(StoreError::Retryable(_)) => return Ok(()),
        Err(error) => return Err(error),
    }
    if count(reads).await? > before {
        Ok(())
    } else {
        Err(corrupt("write_proof"))
    }
}

async fn count(reads: &Channel) -> Result<i64, StoreError> {
    let row = Entity::find_by_id(ROW)
        .one(reads)
        .await
        .map_err(store_error)?;
    Ok(row.ok_or_else(|| corrupt("write_proof"))?.count)
}

//! Reads rows although some may be unreadable. Such a row must not hide the others, so lists leave
//! it out.

use ats_pat_domain::port::StoreError;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, QuerySelect,
    QueryTrait, Select,
};

use crate::channel::Channel;
use crate::failure::store_error;

/// The rows of `select` that can be read.
pub(crate) async fn readable_of<E, T>(
    channel: &Channel,
    select: Select<E>,
) -> Result<Vec<T>, StoreError>
where
    E: EntityTrait,
    T: TryFrom<E::Model, Error = StoreError>,
{
    let rows = rows_of(channel, &select).await?;
    readable::<E, T>(channel, &rows, "", read_model::<E, T>)
}

/// Like [`readable_of`], for up to `limit` rows. If none of them can be read, more are requested,
/// so that an empty result means the end.
pub(crate) async fn readable_page<E, T>(
    channel: &Channel,
    select: Select<E>,
    limit: u64,
) -> Result<Vec<T>, StoreError>
where
    E: EntityTrait,
    T: TryFrom<E::Model, Error = StoreError>,
{
    page_of(channel, select, limit, read_model::<E, T>).await
}

/// Like [`readable_page`], for the values that `read` takes from each row.
pub(crate) async fn page_of<E: EntityTrait, T>(
    channel: &Channel,
    select: Select<E>,
    limit: u64,
    read: impl Fn(&QueryResult) -> Result<Option<T>, StoreError> + Send + Sync,
) -> Result<Vec<T>, StoreError> {
    let mut limit = limit.max(1);
    loop {
        let rows = rows_of(channel, &select.clone().limit(limit)).await?;
        let read = readable::<E, T>(channel, &rows, "", &read)?;
        if !read.is_empty() || (rows.len() as u64) < limit {
            return Ok(read);
        }
        limit = limit.saturating_mul(4);
    }
}

fn read_model<E, T>(row: &QueryResult) -> Result<Option<T>, StoreError>
where
    E: EntityTrait,
    T: TryFrom<E::Model, Error = StoreError>,
{
    let model = E::Model::from_query_result(row, "").map_err(store_error)?;
    Ok(Some(model.try_into()?))
}

/// Reads each row, and leaves out the rows of `E` that can't be read. Their columns are named with
/// `prefix`.
pub(crate) fn readable<E: EntityTrait, T>(
    channel: &Channel,
    rows: &[QueryResult],
    prefix: &str,
    read: impl Fn(&QueryResult) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        match read(row) {
            Ok(read) => all.extend(read),
            Err(error @ StoreError::Corrupt { .. }) => {
                channel.unreadable().note(&name::<E>(row, prefix), &error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The rows of `select` that can't be read, by name.
pub(crate) async fn unreadable_of<E, T>(
    channel: &Channel,
    select: Select<E>,
) -> Result<Vec<String>, StoreError>
where
    E: EntityTrait,
    T: TryFrom<E::Model, Error = StoreError>,
{
    let rows = rows_of(channel, &select).await?;
    let is_unreadable =
        |row: &&QueryResult| matches!(read_model::<E, T>(row), Err(StoreError::Corrupt { .. }));
    let unreadable = rows.iter().filter(is_unreadable);
    Ok(unreadable.map(|row| name::<E>(row, "")).collect())
}

async fn rows_of<E: EntityTrait>(
    channel: &Channel,
    select: &Select<E>,
) -> Result<Vec<QueryResult>, StoreError> {
    let statement = select.build(channel.get_database_backend());
    let rows = channel.query_all_raw(statement).await;
    rows.map_err(store_error)
}

fn name<E: EntityTrait>(row: &QueryResult, prefix: &str) -> String {
    format!("{} of {}", key::<E>(row, prefix), E::default().as_str())
}

/// The readable parts of the primary key.
fn key<E: EntityTrait>(row: &QueryResult, prefix: &str) -> String {
    let Some(column) = E::PrimaryKey::iter().next() else {
        return "?".to_owned();
    };
    let column = column.as_str();
    row.try_get::<Uuid>(prefix, column)
        .map(|id| id.to_string())
        .or_else(|_| row.try_get::<i64>(prefix, column).map(|id| id.to_string()))
        .or_else(|_| {
            row.try_get::<String>(prefix, column)
                .map(|id| id.escape_debug().to_string())
        })
        .or_else(|_| {
            row.try_get::<Vec<u8>>(prefix, column)
                .map(|id| format!("{id:02x?}"))
        })
        .unwrap_or_else(|_| "?".to_owned())
}

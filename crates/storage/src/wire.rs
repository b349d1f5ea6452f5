//! A connection of sqlx.

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{MySql, Postgres, Sqlite};

/// One connection out of a pool.
pub enum Wire {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    MySql(PoolConnection<MySql>),
}

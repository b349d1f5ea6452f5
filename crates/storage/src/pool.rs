//! The pools of each kind of database, and SeaORM's view of them for migrations.

use ats_pat_domain::port::PoolFigures;
use sea_orm::sqlx::{self, MySqlPool, PgPool, SqlitePool};
use sea_orm::{
    ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxMySqlConnector,
    SqlxPostgresConnector, SqlxSqliteConnector,
};

use crate::connection::Connection;
use crate::wire::Wire;

/// Connections to one database. Clones share them.
#[derive(Clone)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    MySql(MySqlPool),
}

impl Pool {
    pub fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
            Self::MySql(_) => DbBackend::MySql,
        }
    }

    /// Waits for a connection, as long as the pool's options allow.
    pub async fn acquire(&self) -> Result<Connection, DbErr> {
        let wire = match self {
            Self::Sqlite(pool) => pool.acquire().await.map(Wire::Sqlite),
            Self::Postgres(pool) => pool.acquire().await.map(Wire::Postgres),
            Self::MySql(pool) => pool.acquire().await.map(Wire::MySql),
        };
        wire.map(Connection::new).map_err(not_acquired)
    }

    /// These connections as SeaORM's migrations take them.
    pub fn for_schema(&self) -> DatabaseConnection {
        match self.clone() {
            Self::Sqlite(pool) => SqlxSqliteConnector::from_sqlx_sqlite_pool(pool),
            Self::Postgres(pool) => SqlxPostgresConnector::from_sqlx_postgres_pool(pool),
            Self::MySql(pool) => SqlxMySqlConnector::from_sqlx_mysql_pool(pool),
        }
    }

    /// Another pool like this one, with connections of its own. SeaORM begins and ends the
    /// transactions of a migration. The caller closes this pool afterwards, so that no connection
    /// with an open transaction is ever used again.
    pub fn apart(&self) -> Self {
        match self {
            Self::Sqlite(pool) => {
                let connect = (*pool.connect_options()).clone();
                Self::Sqlite(pool.options().clone().connect_lazy_with(connect))
            }
            Self::Postgres(pool) => {
                let connect = (*pool.connect_options()).clone();
                Self::Postgres(pool.options().clone().connect_lazy_with(connect))
            }
            Self::MySql(pool) => {
                let connect = (*pool.connect_options()).clone();
                Self::MySql(pool.options().clone().connect_lazy_with(connect))
            }
        }
    }

    /// How many connections there are now, and how many there may be.
    pub fn figures(&self, name: &'static str) -> PoolFigures {
        let (open, idle, most) = match self {
            Self::Sqlite(pool) => (
                pool.size(),
                pool.num_idle(),
                pool.options().get_max_connections(),
            ),
            Self::Postgres(pool) => (
                pool.size(),
                pool.num_idle(),
                pool.options().get_max_connections(),
            ),
            Self::MySql(pool) => (
                pool.size(),
                pool.num_idle(),
                pool.options().get_max_connections(),
            ),
        };
        PoolFigures {
            name,
            open,
            idle: u32::try_from(idle).unwrap_or(u32::MAX),
            most,
        }
    }

    /// Closes every connection, and waits for those that are in use.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
            Self::MySql(pool) => pool.close().await,
        }
    }
}

fn not_acquired(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Conn(RuntimeErr::SqlxError(other.into())),
    }
}

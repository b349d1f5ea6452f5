//! Whether others use a database that is to be replaced.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};

use super::failed::not_read;
use crate::database::Database;
use crate::error::CopyError;

/// How often it is looked, because a session that was just closed is still listed for a moment.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

const POSTGRES: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                        AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

/// Without the right PROCESS it lists the sessions of this user, as servers have.
const MYSQL: &str = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() \
                     AND id <> CONNECTION_ID()";

impl Database {
    /// How many other sessions use this database, on its server or node. Ask before this program
    /// has used the database for anything else. For a SQLite file the lock tells.
    ///
    /// # Errors
    /// [`CopyError::NotRead`].
    pub async fn other_sessions(&self) -> Result<i64, CopyError> {
        let backend = self.schema.backend();
        let sql = match backend {
            DbBackend::Postgres => POSTGRES,
            DbBackend::MySql => MYSQL,
            _ => return Ok(0),
        };
        let apart = self.schema.apart();
        let mut others = Ok(0);
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            others = count(&apart.for_schema(), backend, sql).await;
            if matches!(others, Ok(0) | Err(_)) {
                break;
            }
        }
        apart.close().await;
        others.map_err(not_read)
    }
}

async fn count(
    connection: &sea_orm::DatabaseConnection,
    backend: DbBackend,
    sql: &str,
) -> Result<i64, DbErr> {
    let row = connection
        .query_one_raw(Statement::from_string(backend, sql))
        .await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("no count of sessions".to_owned()))?;
    row.try_get_by_index(0)
}

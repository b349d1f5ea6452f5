//! MariaDB and MySQL, alone or as a Galera cluster.

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::mysql::{
    MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlSslMode,
};
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{self, ConnectOptions, Connection, Executor, MySql};

use super::tls::{Reach, without_brackets};
use super::url::{check_mysql, unreadable, weaker_tls};
use super::{Login, Opened, Server, Writing, network_pool};
use crate::connect::OpenOptions;
use crate::error::OpenError;
use crate::pool::Pool;

/// READ COMMITTED and strict mode, whatever the server's default. Folded names of 100 characters
/// reach 3,300 bytes (U+FDFA folds to 33). By default the servers sort by the first 1,024 only.
const SETTINGS: [&str; 2] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION \
     sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,PIPES_AS_CONCAT', \
     autocommit = 1, \
     innodb_lock_wait_timeout = 10, \
     lock_wait_timeout = 10, \
     wait_timeout = 600, \
     max_sort_length = 4096",
];

/// For a session that writes in transactions only.
const ONLY_IN_TRANSACTIONS: &str = "SET SESSION TRANSACTION READ ONLY; SET SESSION autocommit = 0";

/// Settings that only some servers have. Reads wait for commits on other Galera nodes. A client
/// that died with the counter row locked is disconnected.
const OPTIONAL_SETTINGS: [&str; 2] = [
    "SET SESSION wsrep_sync_wait = 15",
    "SET SESSION idle_transaction_timeout = 60",
];

/// The server's error "Unknown system variable", of a server that lacks the setting.
const UNKNOWN_VARIABLE: u16 = 1193;

pub async fn open(url: &str, options: OpenOptions) -> Result<Opened, OpenError> {
    let parameters = check_mysql(url)?;
    let connect: MySqlConnectOptions = url.parse().map_err(|_| unreadable())?;
    let Some(database) = connect.get_database().map(ToOwned::to_owned) else {
        return Err(OpenError::InvalidUrl {
            reason: "it names no database: write `mysql://USER@HOST/NAME`".to_owned(),
        });
    };
    let mut connect = connect.charset("utf8mb4").disable_statement_logging();
    let reach = Reach::of(connect.get_host(), connect.get_socket().is_some());
    let verified = options.tls.must_verify(reach);
    if verified {
        let by_the_url = connect.get_ssl_mode();
        if parameters.named("ssl-mode") && !matches!(by_the_url, MySqlSslMode::VerifyIdentity) {
            return Err(weaker_tls("ssl-mode", "verify_identity"));
        }
        let host = without_brackets(connect.get_host()).to_owned();
        connect = connect.host(&host).ssl_mode(MySqlSslMode::VerifyIdentity);
    }
    let server = Server {
        verified,
        authority: "ssl-ca",
        address: format!("{}:{}", connect.get_host(), connect.get_port()),
        user: connect.get_username().to_owned(),
        database,
    };
    let mut first: MySqlConnection = server
        .first_connection(&connect, options.acquire_timeout, meaning)
        .await?;
    let checked = async {
        set_up(&mut first).await?;
        Ok((is_writable(&mut first).await?, is_galera(&mut first).await?))
    };
    let (is_writable, is_galera) = server.in_time(options.acquire_timeout, checked).await?;
    if !is_writable {
        return Err(server.read_only());
    }
    // Only a courtesy to the server.
    let _ = first.close().await;
    let mut opened = server.opened(options, |options, writing| {
        Pool::MySql(proven(options, writing).connect_lazy_with(connect.clone()))
    });
    if is_galera {
        opened.changes_at_once = 1;
    }
    Ok(opened)
}

/// Whether the server is a node of a cluster whose nodes all accept writes. MySQL doesn't have this
/// variable.
async fn is_galera(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    let on: Result<i64, _> = sqlx::query_scalar("SELECT @@global.wsrep_on IN ('1', 'ON')")
        .fetch_one(connection)
        .await;
    match on {
        Err(sqlx::Error::Database(error)) if number(error.as_ref()) == Some(UNKNOWN_VARIABLE) => {
            Ok(false)
        }
        on => Ok(on? == 1),
    }
}

/// A pool whose connections have these settings and lead to the primary.
fn proven(options: OpenOptions, writing: Writing) -> PoolOptions<MySql> {
    network_pool::<MySql>(options)
        .after_connect(move |connection: &mut MySqlConnection, _| {
            Box::pin(async move {
                set_up(connection).await?;
                if writing == Writing::InTransactions {
                    connection.execute(ONLY_IN_TRANSACTIONS).await?;
                }
                require_writable(connection).await
            })
        })
        // One statement proves that the connection works and that it leads to the primary.
        .before_acquire(|connection: &mut MySqlConnection, _| {
            Box::pin(async move { require_writable(connection).await.map(|()| true) })
        })
}

async fn set_up(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    for setting in SETTINGS {
        connection.execute(setting).await?;
    }
    for setting in OPTIONAL_SETTINGS {
        match connection.execute(setting).await {
            Err(sqlx::Error::Database(error))
                if number(error.as_ref()) == Some(UNKNOWN_VARIABLE) => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

async fn is_writable(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    // A number in older releases, and a word in newer ones.
    let writable: i64 = sqlx::query_scalar("SELECT @@global.read_only IN ('0', 'OFF')")
        .fetch_one(connection)
        .await?;
    Ok(writable == 1)
}

async fn require_writable(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    if is_writable(connection).await? {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("the server is read-only".to_owned()))
    }
}

fn number(answer: &dyn DatabaseError) -> Option<u16> {
    answer
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(MySqlDatabaseError::number)
}

fn meaning(answer: &dyn DatabaseError) -> Login {
    match number(answer) {
        Some(1045 | 1130 | 1251 | 1698) => Login::Denied,
        Some(1044 | 1049) => Login::NoDatabase,
        // Too many connections in total or of this user; a Galera node that is not in its cluster
        // yet; a server that stops.
        Some(1040 | 1047 | 1053 | 1203) => Login::Away,
        _ => Login::Refused,
    }
}

//! Opening a PostgreSQL database: its URL, its session settings, its pool.

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sea_orm::sqlx::{self, ConnectOptions, Connection, Executor, Postgres, Row};

use super::tls::{Reach, without_brackets};
use super::url::{check_postgres, unreadable, weaker_tls};
use super::{Login, Opened, Server, Writing, network_pool};
use crate::connect::OpenOptions;
use crate::error::OpenError;
use crate::pool::Pool;

/// READ COMMITTED, whatever the server's default. Waits for locks are limited, and so is the time
/// for a client that died with the counter row locked.
const SETTINGS: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; \
     SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'";

/// For a session that writes in transactions only.
const ONLY_IN_TRANSACTIONS: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

/// The only encoding that can store every character.
const UTF8: &str = "UTF8";

/// How often a pooler is tested.
const TRIES: u32 = 5;

pub async fn open(url: &str, options: OpenOptions) -> Result<Opened, OpenError> {
    let parameters = check_postgres(url)?;
    let connect: PgConnectOptions = url.parse().map_err(|_| unreadable())?;
    // Poolers refuse start parameters that they don't know, and no column is a floating-point
    // number.
    let mut connect = connect.extra_float_digits(None).disable_statement_logging();
    if !parameters.named("application_name") {
        connect = connect.application_name("ats-pat");
    }
    let reach = Reach::of(connect.get_host(), connect.get_socket().is_some());
    let verified = options.tls.must_verify(reach);
    if verified {
        // The driver also takes the mode from the environment, which must not decide here.
        let by_the_url = connect.get_ssl_mode();
        if parameters.named("sslmode") && !matches!(by_the_url, PgSslMode::VerifyFull) {
            return Err(weaker_tls("sslmode", "verify-full"));
        }
        let host = without_brackets(connect.get_host()).to_owned();
        connect = connect.host(&host).ssl_mode(PgSslMode::VerifyFull);
    }
    let user = connect.get_username().to_owned();
    let server = Server {
        verified,
        authority: "sslrootcert",
        address: format!("{}:{}", connect.get_host(), connect.get_port()),
        database: connect.get_database().unwrap_or(&user).to_owned(),
        user,
    };
    let mut first: PgConnection = server
        .first_connection(&connect, options.acquire_timeout, meaning)
        .await?;
    let mut second: PgConnection = server
        .first_connection(&connect, options.acquire_timeout, meaning)
        .await?;
    let checked = async {
        if is_shared(&mut first, &mut second).await? {
            return Ok(Found::Pooled);
        }
        let encoding = encoding(&mut first).await?;
        if encoding != UTF8 {
            return Ok(Found::Encoding(encoding));
        }
        first.execute(SETTINGS).await?;
        Ok(if is_primary(&mut first).await? {
            Found::Usable
        } else {
            Found::Standby
        })
    };
    match server.in_time(options.acquire_timeout, checked).await? {
        Found::Usable => {}
        Found::Standby => return Err(server.read_only()),
        Found::Pooled => {
            return Err(OpenError::Pooled {
                server: server.address,
            });
        }
        Found::Encoding(encoding) => {
            return Err(OpenError::NotUtf8 {
                server: server.address,
                database: server.database,
                encoding,
            });
        }
    }
    // Only a courtesy to the server.
    let _ = first.close().await;
    let _ = second.close().await;
    Ok(server.opened(options, |options, writing| {
        Pool::Postgres(proven(options, writing).connect_lazy_with(connect.clone()))
    }))
}

/// The result of the first connections.
enum Found {
    Usable,
    Standby,
    Pooled,
    Encoding(String),
}

/// Whether a pooler shares one session of the database among several connections, transaction by
/// transaction. Settings and prepared statements of one connection would reach another, or be lost.
///
/// Two connections have two server processes, and keep them. A pooler gives the process that became
/// free last to the next request, unless others ask at this moment. So this asks several times. It
/// uses the simple protocol, which leaves no prepared statement behind for other connections.
async fn is_shared(
    first: &mut PgConnection,
    second: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    for _ in 0..TRIES {
        let own = process(first).await?;
        second.execute("BEGIN").await?;
        let is_shared = process(second).await? == own || process(first).await? != own;
        second.execute("ROLLBACK").await?;
        if is_shared {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The id of the server process that answers now.
async fn process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()")
        .fetch_one(connection)
        .await?
        .try_get(0)
}

/// The encoding in which the database stores text.
async fn encoding(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::raw_sql("SELECT current_setting('server_encoding')")
        .fetch_one(connection)
        .await?
        .try_get(0)
}

/// A pool whose connections have these settings and lead to the primary.
fn proven(options: OpenOptions, writing: Writing) -> PoolOptions<Postgres> {
    network_pool::<Postgres>(options)
        .after_connect(move |connection: &mut PgConnection, _| {
            Box::pin(async move {
                connection.execute(SETTINGS).await?;
                if writing == Writing::InTransactions {
                    connection.execute(ONLY_IN_TRANSACTIONS).await?;
                }
                require_primary(connection).await
            })
        })
        // One statement proves that the connection works and that it leads to the primary.
        .before_acquire(|connection: &mut PgConnection, _| {
            Box::pin(async move { require_primary(connection).await.map(|()| true) })
        })
}

async fn is_primary(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT NOT pg_is_in_recovery()")
        .fetch_one(connection)
        .await
}

async fn require_primary(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    if is_primary(connection).await? {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("the server is a standby".to_owned()))
    }
}

fn meaning(answer: &dyn DatabaseError) -> Login {
    match answer.code().as_deref() {
        Some("28P01" | "28000") => Login::Denied,
        // Connecting needs the right to connect. No other right has been needed yet.
        Some("3D000" | "42501") => Login::NoDatabase,
        // Too many connections; a server that stops, has crashed, or starts.
        Some("53300" | "57P01" | "57P02" | "57P03") => Login::Away,
        _ => Login::Refused,
    }
}

//! PostgreSQL.

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sea_orm::sqlx::{self, ConnectOptions, Connection, Executor, Postgres};

use super::tls::{Reach, without_brackets};
use super::url::{check_postgres, unreadable, weaker_tls};
use super::{Login, Opened, Server, Writing, network_pool};
use crate::database::OpenOptions;
use crate::error::OpenError;
use crate::pool::Pool;

/// READ COMMITTED, whatever the server's default; bounded waits for locks, and for a client that died with
/// the counter row locked.
const SETTINGS: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; \
     SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'";

/// Of a session that writes in transactions only.
const ONLY_IN_TRANSACTIONS: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

pub async fn open(url: &str, options: OpenOptions) -> Result<Opened, OpenError> {
    let parameters = check_postgres(url)?;
    let connect: PgConnectOptions = url.parse().map_err(|_| unreadable())?;
    let mut connect = connect.disable_statement_logging();
    if !parameters.named("application_name") {
        connect = connect.application_name("ats-pat");
    }
    let reach = Reach::of(connect.get_host(), connect.get_socket().is_some());
    let verified = options.tls.must_verify(reach);
    if verified {
        // The driver also takes the mode from the environment, which has no say here.
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
    let checked = async {
        first.execute(SETTINGS).await?;
        is_primary(&mut first).await
    };
    if !server.in_time(options.acquire_timeout, checked).await? {
        return Err(server.read_only());
    }
    // Only a courtesy to the server.
    let _ = first.close().await;
    Ok(server.opened(options, |options, writing| {
        Pool::Postgres(proven(options, writing).connect_lazy_with(connect.clone()))
    }))
}

/// A pool whose connections have our settings and lead to the primary.
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
        // One statement proves that the connection lives and that it leads to the primary.
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
        // Connecting needs the right to; nothing else was asked yet.
        Some("3D000" | "42501") => Login::NoDatabase,
        _ => Login::Refused,
    }
}

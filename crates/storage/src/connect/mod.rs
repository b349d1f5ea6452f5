//! Opening each kind of database: its URL, its session settings, its pool.
//!
//! sqlx makes the pools and gives them to SeaORM. SeaORM's own way of connecting writes the whole
//! URL, with the password, into a trace span.

pub mod mysql;
mod options;
mod place;
pub mod postgres;
pub mod sqlite;
mod tls;
mod url;

pub use options::OpenOptions;
pub use place::Place;
pub use tls::Tls;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{self, Connection};

use crate::database_file::DatabaseFile;
use crate::error::OpenError;
use crate::failure::Cause;
use crate::pool::Pool;

/// The longest time that a connection may take for its check when it goes back to its pool.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// A database with its pools.
pub struct Opened {
    /// For the reads of exchanges.
    pub secrets: Pool,
    /// For single reads of the rest.
    pub reads: Pool,
    /// For single writes that are not changes.
    pub writes: Pool,
    /// For the transactions of changes.
    pub changes: Pool,
    /// How many changes may use the database at once.
    pub changes_at_once: usize,
    /// How many connections of `reads` the requests may use at once.
    pub reads_at_once: usize,
    /// The file, if it is SQLite.
    pub file: Option<Arc<DatabaseFile>>,
    pub place: Place,
}

/// The connections to a server on which changes wait for their turn. Changes are serial. If they
/// waited on the connections for reads, a burst of changes would delay every exchange.
const CHANGES: u32 = 4;

/// How many of the connections that they share with exchanges, requests may use at once. The rest
/// is left for exchanges, for following the event log, and for the look after COMMIT.
fn left_for_requests(connections: u32) -> usize {
    let kept = (connections / 3).min(KEPT);
    (connections - kept).max(1) as usize
}

/// How many connections are kept from requests other than exchanges: as many as exchanges use.
const KEPT: u32 = 5;

/// The settings of all pools: waits are limited.
fn pool<DB: sqlx::Database>(options: OpenOptions) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        // Each kind of database has its own check, or needs none.
        .test_before_acquire(false)
}

/// [`pool`] of connections over a network, with limited waits. sqlx pings a connection that comes
/// back, which also sends a ROLLBACK that waits there. But its ping has no time limit, so a network
/// that drops packets would empty the pool. This sends the same ping first, with a time limit.
fn network_pool<DB: sqlx::Database>(options: OpenOptions) -> PoolOptions<DB> {
    pool(options).after_release(|connection: &mut DB::Connection, _| {
        Box::pin(proven_on_release(connection.ping()))
    })
}

/// Lets a connection into its pool only if it answers in time.
async fn proven_on_release(
    answer: impl Future<Output = Result<(), sqlx::Error>> + Send,
) -> Result<bool, sqlx::Error> {
    tokio::time::timeout(RELEASE_TIMEOUT, answer)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map(|()| true)
}

/// A server's address, for messages.
struct Server {
    address: String,
    /// Whether the password is sent only to a server that proves its identity.
    verified: bool,
    /// The URL's parameter that names the authority which signed the server's certificate.
    authority: &'static str,
    user: String,
    database: String,
}

/// Where a session can write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Everywhere, also by single statements.
    Anywhere,
    /// Only in a transaction that was begun for writing. If the server ends it without telling the
    /// program, later writes are refused instead of being stored without their event.
    InTransactions,
}

/// The meaning of the server's answer to a login.
#[derive(Clone, Copy)]
enum Login {
    Denied,
    NoDatabase,
    /// The server starts, stops, or has no free connection.
    Away,
    Refused,
}

impl Server {
    /// The server's pools. `connect` makes each of them.
    fn opened(
        &self,
        options: OpenOptions,
        connect: impl Fn(OpenOptions, Writing) -> Pool,
    ) -> Opened {
        let reads = connect(options, Writing::Anywhere);
        Opened {
            secrets: reads.clone(),
            writes: reads.clone(),
            reads,
            changes: connect(
                OpenOptions {
                    max_connections: CHANGES,
                    ..options
                },
                Writing::InTransactions,
            ),
            changes_at_once: CHANGES as usize,
            reads_at_once: left_for_requests(options.max_connections),
            file: None,
            place: Place::Server(format!("{}/{}", self.address, self.database)),
        }
    }

    fn unreachable(&self, cause: Cause) -> OpenError {
        OpenError::Unreachable {
            server: self.address.clone(),
            source: Box::new(cause),
        }
    }

    fn refused(&self, error: &sqlx::Error) -> OpenError {
        OpenError::Refused {
            server: self.address.clone(),
            source: Box::new(Cause::of_sqlx(error)),
        }
    }

    fn not_verified(&self, error: &sqlx::Error) -> OpenError {
        OpenError::NotVerified {
            server: self.address.clone(),
            authority: self.authority,
            source: Box::new(Cause::of_sqlx(error)),
        }
    }

    /// The checks of first connections, with their time limit.
    async fn in_time<T>(
        &self,
        patience: Duration,
        checks: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, OpenError> {
        match tokio::time::timeout(patience, checks).await {
            Ok(checked) => checked.map_err(|error| match error {
                sqlx::Error::Io(_) => self.unreachable(Cause::of_sqlx(&error)),
                _ => self.refused(&error),
            }),
            Err(_) => Err(self.unreachable(Cause::new("no answer in time"))),
        }
    }

    fn read_only(&self) -> OpenError {
        OpenError::ReadOnly {
            server: self.address.clone(),
        }
    }

    fn login_failed(
        &self,
        error: &sqlx::Error,
        meaning: impl Fn(&dyn sqlx::error::DatabaseError) -> Login,
    ) -> OpenError {
        let sqlx::Error::Database(answer) = error else {
            return match error {
                sqlx::Error::Tls(_) => self.not_verified(error),
                // The TLS traffic is invalid, or the authority's file is missing.
                sqlx::Error::Io(cause)
                    if self.verified
                        && matches!(cause.kind(), ErrorKind::InvalidData | ErrorKind::NotFound) =>
                {
                    self.not_verified(error)
                }
                _ => self.unreachable(Cause::of_sqlx(error)),
            };
        };
        let source = Box::new(Cause::of_sqlx(error));
        let server = self.address.clone();
        match meaning(answer.as_ref()) {
            Login::Denied => OpenError::AccessDenied {
                server,
                user: self.user.clone(),
                source,
            },
            Login::NoDatabase => OpenError::NoSuchDatabase {
                server,
                database: self.database.clone(),
                source,
            },
            Login::Away => OpenError::Unreachable { server, source },
            Login::Refused => OpenError::Refused { server, source },
        }
    }

    /// The first connection, which tells the possible errors apart.
    async fn first_connection<C, O>(
        &self,
        options: &O,
        patience: Duration,
        meaning: impl Fn(&dyn sqlx::error::DatabaseError) -> Login,
    ) -> Result<C, OpenError>
    where
        O: sqlx::ConnectOptions<Connection = C>,
        C: Connection<Options = O>,
    {
        match tokio::time::timeout(patience, options.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(self.login_failed(&error, meaning)),
            Err(_) => Err(self.unreachable(Cause::new("no answer in time"))),
        }
    }
}

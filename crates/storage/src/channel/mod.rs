//! Runs statements on a pool or in one transaction. It limits their time, and remembers failures.

mod failures;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ats_pat_domain::EventId;
use ats_pat_domain::port::StoreError;
use ats_pat_measure::{Measured, Times};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};
use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use self::failures::{Attempt, Failure, Failures};
use crate::connection::Connection;
use crate::database_file::DatabaseFile;
use crate::failure::{Cause, store_error_of};
use crate::pool::Pool;
use crate::pulse::Pulse;
use crate::unreadable::Unreadable;

/// Runs every statement of the repositories.
pub(crate) struct Channel {
    target: Target,
    backend: DbBackend,
    /// The longest time for a statement, because a database that no longer answers must not keep a
    /// request for ever.
    patience: Duration,
    /// The pulse of the database. All of its channels share it, except transactions, because their
    /// statements may wait for each other.
    pulse: Arc<Pulse>,
    failures: Failures,
    /// The SQLite file. Nothing is read or written once it is gone.
    file: Option<Arc<DatabaseFile>>,
    unreadable: Unreadable,
    /// How long statements outside transactions took, with the wait for a connection.
    took: Times,
}

enum Target {
    Pool(Pool, Look, Option<Share>),
    Transaction {
        connection: Mutex<Connection>,
        /// The id that the transaction wrote into the counter row.
        claim: Option<EventId>,
    },
}

/// When to check that a SQLite file is at its path.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// Before each statement of the channel.
    EachTime,
    /// Not at all: the result of another channel's last check counts. This is for exchanges, which
    /// are many. The change feed checks every 50 ms.
    AtTheLastOne,
}

/// A share of a pool, so that others find a connection there.
struct Share {
    connections: Arc<Semaphore>,
    /// The longest wait for one.
    patience: Duration,
}

impl Share {
    async fn take(&self) -> Result<OwnedSemaphorePermit, DbErr> {
        let taken = Arc::clone(&self.connections).acquire_owned();
        let taken = tokio::time::timeout(self.patience, taken).await;
        let taken = taken.ok().and_then(Result::ok);
        taken.ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
    }
}

impl Channel {
    /// Runs each statement outside any transaction.
    pub(crate) fn pool(
        pool: Pool,
        patience: Duration,
        pulse: Arc<Pulse>,
        file: Option<Arc<DatabaseFile>>,
        unreadable: Unreadable,
        look: Look,
    ) -> Self {
        Self {
            backend: pool.backend(),
            target: Target::Pool(pool, look, None),
            patience,
            pulse,
            failures: Failures::default(),
            file,
            unreadable,
            took: Times::new(Times::LONG),
        }
    }

    /// The same, on at most so many connections of the pool. A statement waits at most `patience`
    /// for one.
    pub(crate) fn limited_to(mut self, connections: usize, patience: Duration) -> Self {
        if let Target::Pool(_, _, share) = &mut self.target {
            *share = Some(Share {
                connections: Arc::new(Semaphore::new(connections)),
                patience,
            });
        }
        self
    }

    /// A new transaction on a connection of `pool`.
    pub(crate) async fn begin(
        pool: &Pool,
        patience: Duration,
        pulse: Arc<Pulse>,
        file: Option<Arc<DatabaseFile>>,
        unreadable: Unreadable,
    ) -> Result<Self, DbErr> {
        if let Some(file) = &file {
            file.check()?;
        }
        let connection = pulse.within(patience, async {
            let mut connection = pool.acquire().await?;
            connection.begin().await?;
            Ok(connection)
        });
        let connection = connection
            .await
            .map_err(|error| explained(file.as_deref(), error))?;
        Ok(Self {
            target: Target::Transaction {
                connection: Mutex::new(connection),
                claim: None,
            },
            backend: pool.backend(),
            patience,
            pulse,
            failures: Failures::default(),
            file,
            unreadable,
            took: Times::none(),
        })
    }

    /// Remembers what the transaction wrote into the counter row, to find out later whether it is
    /// still the same transaction.
    pub(crate) fn claimed(&mut self, change: EventId) {
        if let Target::Transaction { claim, .. } = &mut self.target {
            *claim = Some(change);
        }
    }

    /// The id that the transaction wrote into the counter row.
    pub(crate) fn claim(&self) -> Option<EventId> {
        match self.target {
            Target::Pool(..) => None,
            Target::Transaction { claim, .. } => claim,
        }
    }

    /// Checks that the SQLite file is still at its path. For a server it does nothing.
    pub(crate) fn check_file(&self) -> Result<(), DbErr> {
        self.file.as_ref().map_or(Ok(()), |file| file.check())
    }

    /// Where rows that can't be read are noted.
    pub(crate) fn unreadable(&self) -> &Unreadable {
        &self.unreadable
    }

    /// How long its statements took, if it is not a transaction.
    pub(crate) fn took(&self) -> Measured {
        self.took.so_far()
    }

    /// Closes the pool, and waits until its connections are closed.
    pub(crate) async fn close(&self) {
        if let Target::Pool(pool, ..) = &self.target {
            pool.close().await;
        }
    }

    /// Sends COMMIT, unless a statement failed. After a failure the connection will be closed.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let Target::Transaction { connection, .. } = self.target else {
            return Ok(());
        };
        let mut connection = connection.into_inner();
        let committed = within(self.patience, connection.commit()).await;
        committed.map_err(|error| explained(self.file.as_deref(), error))
    }

    /// Sends ROLLBACK. After a failure the connection will be closed, which undoes the transaction
    /// too.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        let Target::Transaction { connection, .. } = self.target else {
            return Ok(());
        };
        let mut connection = connection.into_inner();
        within(self.patience, connection.rollback()).await
    }

    /// Remembers that the transaction can't be committed any more.
    pub(crate) fn spoil(&self, error: &DbErr) {
        self.failures.note(Failure::of(error));
    }

    /// The failure that prevents COMMIT.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        let failure = self.failures.first()?;
        Some(store_error_of(failure.class, Cause::of(&failure.error)))
    }

    /// Reads in the transaction, whether or not one of its statements failed.
    pub(crate) async fn look(&self, select: &SelectStatement) -> Result<bool, DbErr> {
        let select = self.backend.build(select);
        let rows = within(self.patience, async {
            self.connection().await?.get().query(select).await
        });
        Ok(!rows.await?.is_empty())
    }

    /// Runs one statement. In a transaction, a statement that fails, or whose caller goes away,
    /// makes COMMIT impossible. PostgreSQL would answer COMMIT by ROLLBACK, which sqlx takes for
    /// success. The other databases would commit the rest.
    async fn run<T>(
        &self,
        statement: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        let explained = |error| explained(self.file.as_deref(), error);
        if let Target::Pool(..) = self.target {
            let begun = Instant::now();
            let answered = self.pulse.within(self.patience, statement).await;
            self.took.note(begun.elapsed());
            return answered.map_err(explained);
        }
        if let Some(failure) = self.failures.first() {
            return Err(failure.again());
        }
        let mut attempt = Attempt {
            failures: &self.failures,
            outcome: None,
        };
        let result = within(self.patience, statement).await.map_err(explained);
        attempt.outcome = Some(result.as_ref().map(drop).map_err(Failure::of));
        result
    }

    async fn connection(&self) -> Result<InUse<'_>, DbErr> {
        match &self.target {
            Target::Pool(pool, look, share) => {
                match (&self.file, look) {
                    (Some(file), Look::EachTime) => file.check()?,
                    (Some(file), Look::AtTheLastOne) => file.require()?,
                    (None, _) => {}
                }
                let share = match share {
                    Some(share) => Some(share.take().await?),
                    None => None,
                };
                Ok(InUse::OfPool(pool.acquire().await?, share))
            }
            Target::Transaction { connection, .. } => {
                Ok(InUse::OfTransaction(connection.lock().await))
            }
        }
    }
}

/// A connection for one statement.
enum InUse<'a> {
    /// The share is given back after the connection.
    OfPool(
        Connection,
        #[expect(dead_code, reason = "it is held")] Option<OwnedSemaphorePermit>,
    ),
    OfTransaction(MutexGuard<'a, Connection>),
}

impl InUse<'_> {
    fn get(&mut self) -> &mut Connection {
        match self {
            Self::OfPool(connection, _) => connection,
            Self::OfTransaction(connection) => connection,
        }
    }
}

fn explained(file: Option<&DatabaseFile>, error: DbErr) -> DbErr {
    match file {
        Some(file) => file.explain(error),
        None => error,
    }
}

/// The result of `future`, or a failure if the database doesn't answer in time.
pub(crate) async fn within<T>(
    patience: Duration,
    future: impl Future<Output = Result<T, DbErr>> + Send,
) -> Result<T, DbErr> {
    tokio::time::timeout(patience, future)
        .await
        .unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
}

#[async_trait]
impl ConnectionTrait for Channel {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.run(async { self.connection().await?.get().execute(statement).await })
            .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.run(async { self.connection().await?.get().execute_unprepared(sql).await })
            .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(async { self.connection().await?.get().query_one(statement).await })
            .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(async { self.connection().await?.get().query(statement).await })
            .await
    }
}

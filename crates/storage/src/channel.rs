//! Where statements go: the pool or one transaction, bounded in time, with a memory of failures.

use std::future::Future;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ats_pat_domain::port::StoreError;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, QueryResult, Statement,
};

use crate::failure::{Cause, Class, classify, store_error_of};

/// Takes every statement of the repositories.
pub(crate) struct Channel {
    target: Target,
    /// The longest a statement may take: a database that went silent must not hold a request for ever.
    patience: Duration,
    failures: Failures,
}

enum Target {
    Pool(DatabaseConnection),
    Transaction(DatabaseTransaction),
}

impl Channel {
    pub(crate) fn pool(connection: DatabaseConnection, patience: Duration) -> Self {
        Self {
            target: Target::Pool(connection),
            patience,
            failures: Failures::default(),
        }
    }

    pub(crate) fn transaction(transaction: DatabaseTransaction, patience: Duration) -> Self {
        Self {
            target: Target::Transaction(transaction),
            patience,
            failures: Failures::default(),
        }
    }

    /// Closes the pool.
    pub(crate) async fn close(&self) -> Result<(), DbErr> {
        match &self.target {
            Target::Pool(connection) => connection.close_by_ref().await,
            Target::Transaction(_) => Ok(()),
        }
    }

    /// The transaction within, for its end; `None` for a pool.
    pub(crate) fn into_transaction(self) -> Option<DatabaseTransaction> {
        match self.target {
            Target::Transaction(transaction) => Some(transaction),
            Target::Pool(_) => None,
        }
    }

    /// Remembers that the transaction can't be committed any more.
    pub(crate) fn spoil(&self, class: Class) {
        self.failures.note(class);
    }

    /// The failure that stands against COMMIT.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        let class = self.failures.noted()?;
        Some(store_error_of(
            class,
            Cause::new("a statement of this transaction failed"),
        ))
    }

    /// Runs one statement. In a transaction a statement that fails, or whose caller goes away, spoils it:
    /// PostgreSQL would answer COMMIT by ROLLBACK, which sqlx takes for success, and the others would
    /// commit the rest.
    async fn bounded<T>(
        &self,
        statement: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        let Target::Transaction(_) = self.target else {
            return within(self.patience, statement).await;
        };
        if self.failures.noted().is_some() {
            return Err(DbErr::Custom(
                "an earlier statement of this transaction failed".to_owned(),
            ));
        }
        let mut attempt = Attempt {
            failures: &self.failures,
            outcome: Some(Class::Other),
        };
        let result = within(self.patience, statement).await;
        attempt.outcome = result.as_ref().err().map(classify);
        result
    }
}

/// `future`, or the failure of a database that does not answer in time.
pub(crate) async fn within<T>(
    patience: Duration,
    future: impl Future<Output = Result<T, DbErr>> + Send,
) -> Result<T, DbErr> {
    tokio::time::timeout(patience, future)
        .await
        .unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
}

#[derive(Default)]
struct Failures(AtomicU8);

impl Failures {
    fn note(&self, class: Class) {
        let number = match class {
            Class::Retryable => 1,
            Class::Unavailable => 2,
            Class::Conflict | Class::Corrupt | Class::Other => 3,
        };
        // The first one is the cause of the others.
        let _ = self
            .0
            .compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire);
    }

    fn noted(&self) -> Option<Class> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Class::Retryable),
            2 => Some(Class::Unavailable),
            _ => Some(Class::Other),
        }
    }
}

/// A statement under way; dropped before its end it counts as failed.
struct Attempt<'a> {
    failures: &'a Failures,
    outcome: Option<Class>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(class) = self.outcome {
            self.failures.note(class);
        }
    }
}

#[async_trait]
impl ConnectionTrait for Channel {
    fn get_database_backend(&self) -> DbBackend {
        match &self.target {
            Target::Pool(connection) => connection.get_database_backend(),
            Target::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.bounded(async {
            match &self.target {
                Target::Pool(connection) => connection.execute_raw(statement).await,
                Target::Transaction(transaction) => transaction.execute_raw(statement).await,
            }
        })
        .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.bounded(async {
            match &self.target {
                Target::Pool(connection) => connection.execute_unprepared(sql).await,
                Target::Transaction(transaction) => transaction.execute_unprepared(sql).await,
            }
        })
        .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.bounded(async {
            match &self.target {
                Target::Pool(connection) => connection.query_one_raw(statement).await,
                Target::Transaction(transaction) => transaction.query_one_raw(statement).await,
            }
        })
        .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.bounded(async {
            match &self.target {
                Target::Pool(connection) => connection.query_all_raw(statement).await,
                Target::Transaction(transaction) => transaction.query_all_raw(statement).await,
            }
        })
        .await
    }
}

//! One connection: its statements, its transaction, and whether it can be used again.

use sea_orm::sea_query::Values;
use sea_orm::sqlx::{self, AssertSqlSafe, Executor, Row};
use sea_orm::{DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tracing::{Instrument as _, Span};

use crate::failure::{Class, classify};
use crate::statement;
use crate::wire::Wire;

/// Begins a transaction of PostgreSQL and tells whether it is a new one. BEGIN inside a transaction
/// only warns, and a transaction that has written has a number.
const BEGIN_ANEW: &str = "BEGIN READ WRITE; SELECT txid_current_if_assigned() IS NULL";

/// A connection that goes back to its pool only in a clean state: without a transaction, an
/// abandoned statement or a failure of the storage. Otherwise it is closed, and the database undoes
/// the open work.
///
/// sqlx counts transactions by itself, and keeps its count when COMMIT or ROLLBACK fails. So
/// transactions begin and end here, by literal statements, and sqlx never counts one.
pub struct Connection {
    /// `None` after it was closed.
    wire: Option<Wire>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside any transaction. The last statement was answered.
    Idle,
    /// Inside a transaction. The last statement was answered.
    Transaction,
    /// Unknown: a statement is under way, was abandoned, or failed in a way that proves nothing.
    Unknown,
}

/// Runs the same code on each kind of connection.
macro_rules! on_wire {
    ($wire:expr, $connection:ident => $run:expr) => {
        match $wire {
            Some(Wire::Sqlite($connection)) => $run,
            Some(Wire::Postgres($connection)) => $run,
            Some(Wire::MySql($connection)) => $run,
            None => Err(sqlx::Error::PoolClosed),
        }
    };
}

impl Connection {
    pub fn new(wire: Wire) -> Self {
        Self {
            wire: Some(wire),
            state: State::Idle,
        }
    }

    /// Begins a transaction that may write, and proves that it is a new one.
    ///
    /// SQLite refuses BEGIN inside a transaction. On the servers, a session can't write outside a
    /// transaction that was begun in this way (see `connect`). An open transaction may still be
    /// there. On MySQL it is ended first, because BEGIN would commit it. On PostgreSQL this checks
    /// for it.
    pub async fn begin(&mut self) -> Result<(), DbErr> {
        let span = self.span("BEGIN");
        let begun = self.begin_anew().instrument(span.clone()).await;
        begun.inspect_err(|error| statement::failed(&span, error))
    }

    async fn begin_anew(&mut self) -> Result<(), DbErr> {
        let before = std::mem::replace(&mut self.state, State::Unknown);
        if before != State::Idle {
            return Err(DbErr::Custom("the connection is in use".to_owned()));
        }
        match &mut self.wire {
            Some(Wire::Sqlite(_)) => self.send("BEGIN IMMEDIATE").await?,
            Some(Wire::MySql(_)) => self.send("ROLLBACK; START TRANSACTION READ WRITE").await?,
            Some(Wire::Postgres(connection)) => {
                let rows = (**connection).fetch_all(BEGIN_ANEW).await;
                let rows = rows.map_err(failed_to_query)?;
                let is_new = rows.last().and_then(|row| row.try_get(0).ok());
                if is_new != Some(true) {
                    let still_open = "an earlier transaction is still open".to_owned();
                    return Err(DbErr::Custom(still_open));
                }
            }
            None => return Err(DbErr::Custom("the connection was closed".to_owned())),
        }
        self.state = State::Transaction;
        Ok(())
    }

    /// Ends the transaction. After that, the connection is known to be outside any transaction, or
    /// it is closed.
    pub async fn commit(&mut self) -> Result<(), DbErr> {
        self.end("COMMIT").await
    }

    /// Like [`Self::commit`], but undoes the work of the transaction.
    pub async fn rollback(&mut self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, sql: &'static str) -> Result<(), DbErr> {
        let before = std::mem::replace(&mut self.state, State::Unknown);
        if before != State::Transaction {
            return Err(DbErr::Custom("the transaction is over".to_owned()));
        }
        let span = self.span(sql);
        let sent = self.send(sql).instrument(span.clone()).await;
        sent.inspect_err(|error| statement::failed(&span, error))?;
        self.state = State::Idle;
        Ok(())
    }

    pub async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let before = self.begin_statement(&statement.sql);
        let span = self.span(&statement.sql);
        let Statement { sql, values, .. } = statement;
        let values = SqlxValues(values.unwrap_or_else(none));
        let result = on_wire!(&mut self.wire, connection => {
            let query = sqlx::query_with(AssertSqlSafe(sql), values);
            query.execute(&mut **connection).instrument(span.clone()).await.map(Into::into)
        });
        self.end_statement(before, &span, result.map_err(failed_to_execute))
    }

    pub async fn execute_unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let before = self.begin_statement(sql);
        let span = self.span(sql);
        let result = on_wire!(&mut self.wire, connection => {
            let sql = AssertSqlSafe(sql.to_owned());
            (**connection).execute(sql).instrument(span.clone()).await.map(Into::into)
        });
        self.end_statement(before, &span, result.map_err(failed_to_execute))
    }

    /// Reads every row and the end of the answer, because a server may report only there that it
    /// undid the transaction.
    pub async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let before = self.begin_statement(&statement.sql);
        let span = self.span(&statement.sql);
        let Statement { sql, values, .. } = statement;
        let values = SqlxValues(values.unwrap_or_else(none));
        let result = on_wire!(&mut self.wire, connection => {
            let query = sqlx::query_with(AssertSqlSafe(sql), values);
            let rows = query.fetch_all(&mut **connection).instrument(span.clone()).await;
            rows.map(|rows| rows.into_iter().map(Into::into).collect())
        });
        self.end_statement(before, &span, result.map_err(failed_to_query))
    }

    /// Like [`Self::query`], for the first row alone.
    pub async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if !matches!(self.wire, Some(Wire::Sqlite(_))) {
            return Ok(self.query(statement).await?.into_iter().next());
        }
        // SQLite reports each failure at once, so the rest of the answer is not read.
        let before = self.begin_statement(&statement.sql);
        let span = self.span(&statement.sql);
        let Statement { sql, values, .. } = statement;
        let values = SqlxValues(values.unwrap_or_else(none));
        let result = on_wire!(&mut self.wire, connection => {
            let query = sqlx::query_with(AssertSqlSafe(sql), values);
            let row = query.fetch_optional(&mut **connection).instrument(span.clone()).await;
            row.map(|row| row.map(Into::into))
        });
        self.end_statement(before, &span, result.map_err(failed_to_query))
    }

    /// Runs a statement without values and without a result.
    async fn send(&mut self, sql: &'static str) -> Result<(), DbErr> {
        let result =
            on_wire!(&mut self.wire, connection => (**connection).execute(sql).await.map(drop));
        result.map_err(failed_to_execute)
    }

    fn begin_statement(&mut self, sql: &str) -> State {
        tracing::trace!(target: "ats_pat_storage::statement", sql);
        std::mem::replace(&mut self.state, State::Unknown)
    }

    /// The span of a statement in traces.
    fn span(&self, sql: &str) -> Span {
        let system = match self.wire {
            Some(Wire::Sqlite(_)) => "sqlite",
            Some(Wire::Postgres(_)) => "postgresql",
            // MariaDB too: the protocol doesn't tell it apart.
            Some(Wire::MySql(_)) => "mysql",
            None => "other_sql",
        };
        statement::span(system, sql)
    }

    /// The state after a failure is known if the database refused one statement alone.
    fn end_statement<T>(
        &mut self,
        before: State,
        span: &Span,
        result: Result<T, DbErr>,
    ) -> Result<T, DbErr> {
        if let Err(error) = &result {
            statement::failed(span, error);
        }
        let is_known = match &result {
            Ok(_) => true,
            Err(error) => matches!(classify(error), Class::Conflict | Class::Retryable),
        };
        if is_known {
            self.state = before;
        }
        result
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.state == State::Idle {
            return;
        }
        match self.wire.take() {
            // Closing it rolls back. The pool opens another connection only after that.
            Some(Wire::Sqlite(mut connection)) => connection.close_on_drop(),
            // The server rolls back when the connection breaks. It may not be there to be told.
            Some(Wire::Postgres(connection)) => drop(connection.detach()),
            Some(Wire::MySql(connection)) => drop(connection.detach()),
            None => {}
        }
    }
}

fn none() -> Values {
    Values(Vec::new())
}

fn failed_to_execute(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn failed_to_query(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

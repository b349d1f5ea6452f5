//! The meaning of a failed statement. Only this file reads the codes of the databases.

use std::fmt;

use ats_pat_domain::port::{CommitError, StorageFailure, StoreError};
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::sqlx::{self};
use sea_orm::{DbErr, RuntimeErr};

/// The cause of every refusal while a SQLite file is not at its path.
pub(crate) const FILE_GONE: &str = "the database file is no longer at its path";

/// The cause if a SQLite file can't be read or written because the disk is full.
pub(crate) const DISK_FULL: &str = "nothing more fits on the disk of the database file";

/// The cause if the database ended the transaction without telling the program.
pub(crate) const ENDED: &str = "the database has ended the transaction";

/// A cause without the statement's values. Servers quote values in their messages, so only messages
/// that can't contain any are kept. The code is always kept, and can be looked up.
#[derive(Clone, Debug)]
pub(crate) struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl Cause {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn of(error: &DbErr) -> Self {
        match sqlx_error(error) {
            Some(error) => Self::of_sqlx(error),
            None => Self(match error {
                DbErr::ConnectionAcquire(_) => "no connection became free in time".to_owned(),
                DbErr::Custom(text) | DbErr::Migration(text) | DbErr::Type(text) => text.clone(),
                other => other.to_string(),
            }),
        }
    }

    pub(crate) fn of_sqlx(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(error) = error else {
            return Self(error.to_string());
        };
        let code = Code::of(error.as_ref());
        Self(if code.message_is_clean() {
            format!("{code}: {}", error.message())
        } else {
            code.to_string()
        })
    }
}

/// What to do about a failed statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Try the transaction again. Nothing of it remains.
    Retryable,
    /// Such a row already exists.
    Conflict,
    /// The database doesn't answer, or not as a writable primary.
    Unavailable,
    /// The database can't store the data.
    Storage(StorageFailure),
    /// A value can't be read.
    Corrupt,
    /// Anything else, which is a defect of the program.
    Other,
}

/// The database file was moved or removed while it was open.
const SQLITE_READONLY_DBMOVED: i32 = 1032;

/// The code of the server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Code {
    Postgres(String),
    MySql(u16),
    Sqlite(i32),
    Unknown,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(code) => write!(f, "PostgreSQL error {code}"),
            Self::MySql(code) => write!(f, "MySQL error {code}"),
            Self::Sqlite(code) => write!(f, "SQLite error {code}"),
            Self::Unknown => f.write_str("database error"),
        }
    }
}

impl Code {
    fn of(error: &dyn DatabaseError) -> Self {
        if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
            Self::Postgres(error.code().to_owned())
        } else if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
            Self::MySql(error.number())
        } else if error.try_downcast_ref::<SqliteError>().is_some() {
            let code = error.code().and_then(|code| code.parse().ok());
            code.map_or(Self::Unknown, Self::Sqlite)
        } else {
            Self::Unknown
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Postgres(code) => match code.as_str() {
                // Serialisation failure, deadlock, lock timeout: the server has aborted the
                // transaction. "Read only": the server has ended the transaction, because outside
                // of it nothing can be written (see `connect`).
                "40001" | "40P01" | "55P03" | "25006" => Class::Retryable,
                "23505" => Class::Conflict,
                "53100" => Class::Storage(StorageFailure::DiskFull),
                "58030" => Class::Storage(StorageFailure::InputOutput),
                // Statement timeout; disconnected while idle in a transaction.
                "57014" | "25P03" => Class::Unavailable,
                code if ["08", "53", "57"]
                    .iter()
                    .any(|class| code.starts_with(class)) =>
                {
                    Class::Unavailable
                }
                _ => Class::Other,
            },
            Self::MySql(code) => match code {
                // Deadlock (also Galera's certification), lock timeout, changed row: nothing is
                // committed after them, and the transaction is rolled back before the next. "Read
                // only": the server has ended the transaction, because outside of it nothing can be
                // written (see `connect`).
                1213 | 1205 | 1020 | 1792 => Class::Retryable,
                1022 | 1062 | 1169 | 1586 => Class::Conflict,
                // "Disk full", "the table is full".
                1021 | 1114 => Class::Storage(StorageFailure::DiskFull),
                // Opening, reading, writing or closing a file failed, or the storage engine got an
                // error.
                1004 | 1016 | 1023 | 1024 | 1026 | 1030 => {
                    Class::Storage(StorageFailure::InputOutput)
                }
                // Connections, shut-down, cut-off Galera nodes, read-only servers, statement
                // timeouts.
                1040
                | 1041
                | 1042
                | 1043
                | 1047
                | 1053
                | 1077
                | 1079
                | 1080
                | 1158..=1161
                | 1184
                | 1203
                | 1290
                | 1317
                | 1836
                | 1927
                | 1969
                | 2006
                | 2013
                | 3024
                | 3100..=3102
                | 4031 => Class::Unavailable,
                _ => Class::Other,
            },
            // The low byte is the primary code.
            Self::Sqlite(code) => match (code & 0xff, code) {
                (5 | 6, _) => Class::Retryable,
                (_, 1555 | 2067 | 2579) => Class::Conflict,
                (_, &SQLITE_READONLY_DBMOVED) => Class::Storage(StorageFailure::FileGone),
                (8, _) => Class::Storage(StorageFailure::ReadOnly),
                // Input/output, can't open.
                (10 | 14, _) => Class::Storage(StorageFailure::InputOutput),
                (13, _) => Class::Storage(StorageFailure::DiskFull),
                (11 | 26, _) => Class::Corrupt,
                _ => Class::Other,
            },
            Self::Unknown => Class::Other,
        }
    }

    fn message_is_clean(&self) -> bool {
        match self {
            Self::Postgres(code) => [
                "08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58",
            ]
            .iter()
            .any(|class| code.starts_with(class)),
            Self::MySql(code) => matches!(
                code,
                1020 | 1021
                    | 1026
                    | 1030
                    | 1040
                    | 1044
                    | 1045
                    | 1046
                    | 1047
                    | 1049
                    | 1053
                    | 1054
                    | 1114
                    | 1129
                    | 1130
                    | 1142
                    | 1146
                    | 1203
                    | 1205
                    | 1213
                    | 1251
                    | 1290
                    | 1317
                    | 1665
                    | 1698
                    | 1927
            ),
            // SQLite names tables and columns, never values.
            Self::Sqlite(_) => true,
            Self::Unknown => false,
        }
    }

    /// Whether this answer to COMMIT proves that nothing was committed.
    fn proves_undone(&self) -> bool {
        match self {
            // Class 40 without "statement completion unknown", and integrity constraints that are
            // checked late.
            Self::Postgres(code) => {
                (code.starts_with("40") && code != "40003") || code.starts_with("23")
            }
            Self::MySql(code) => *code == 1213,
            // Busy leaves the transaction open, and then it is rolled back.
            Self::Sqlite(code) => code & 0xff == 5,
            Self::Unknown => false,
        }
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// What to do about `error`.
pub(crate) fn classify(error: &DbErr) -> Class {
    match (sqlx_error(error), error) {
        (None, DbErr::Custom(text)) if text == FILE_GONE => {
            Class::Storage(StorageFailure::FileGone)
        }
        (None, DbErr::Custom(text)) if text == DISK_FULL => {
            Class::Storage(StorageFailure::DiskFull)
        }
        (None, DbErr::Custom(text)) if text == ENDED => Class::Retryable,
        (Some(sqlx::Error::Database(error)), _) => Code::of(error.as_ref()).class(),
        (
            Some(
                sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::ColumnIndexOutOfBounds { .. }
                | sqlx::Error::Decode(_),
            ),
            _,
        )
        | (None, DbErr::Type(_) | DbErr::TryIntoErr { .. } | DbErr::Json(_)) => Class::Corrupt,
        (
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed,
            ),
            _,
        )
        | (None, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => Class::Unavailable,
        _ => Class::Other,
    }
}

/// The domain's error for a failure of class `class`.
pub(crate) fn store_error_of(class: Class, cause: Cause) -> StoreError {
    match class {
        Class::Retryable => StoreError::Retryable(Box::new(cause)),
        Class::Conflict => StoreError::Conflict(Box::new(cause)),
        Class::Unavailable => StoreError::Unavailable(Box::new(cause)),
        Class::Storage(failure) => StoreError::Storage {
            failure,
            source: Box::new(cause),
        },
        Class::Corrupt => StoreError::Corrupt { what: cause.0 },
        Class::Other => StoreError::Other(Box::new(cause)),
    }
}

/// The domain's error for `error`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub(crate) fn store_error(error: DbErr) -> StoreError {
    store_error_of(classify(&error), Cause::of(&error))
}

/// The meaning of `error` for a COMMIT: undone only if the answer proves it.
pub(crate) fn commit_error(error: DbErr) -> CommitError {
    let is_undone = match sqlx_error(&error) {
        Some(sqlx::Error::Database(error)) => Code::of(error.as_ref()).proves_undone(),
        _ => false,
    };
    let error = store_error(error);
    if is_undone {
        CommitError::Undone(error)
    } else {
        CommitError::Unknown(error)
    }
}

#[cfg(test)]
mod tests;

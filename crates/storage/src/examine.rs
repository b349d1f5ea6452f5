//! What a database says of itself, for an operator who looks for what is wrong.

use ats_pat_domain::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};

use crate::Database;
use crate::connect::Place;

/// What a database says of itself.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The kind and version.
    pub version: String,
    /// Whether connections to it are encrypted. `None` for a file.
    pub encrypted: Option<bool>,
    /// The time of its clock. `None` for a file.
    pub now: Option<Timestamp>,
    /// The settings that decide whether it keeps what it was told to keep.
    pub settings: Vec<ExaminedSetting>,
}

/// A setting of the database.
#[derive(Clone, Debug)]
pub struct ExaminedSetting {
    /// The name that the database has for it.
    pub name: &'static str,
    /// Its value, as the database shows it.
    pub value: String,
    /// What is wrong with the value, and what to do. `None`: nothing.
    pub advice: Option<&'static str>,
}

/// A setting and what it must be.
struct Wanted {
    name: &'static str,
    /// The value as text, in SQL.
    sql: &'static str,
    is_safe: fn(&str) -> bool,
    advice: &'static str,
}

const POSTGRES: &[Wanted] = &[
    Wanted {
        name: "fsync",
        sql: "current_setting('fsync')",
        is_safe: is_on,
        advice: "a power loss destroys the database: set fsync = on in postgresql.conf",
    },
    Wanted {
        name: "full_page_writes",
        sql: "current_setting('full_page_writes')",
        is_safe: is_on,
        advice: "a power loss can destroy pages: set full_page_writes = on in postgresql.conf",
    },
    Wanted {
        name: "synchronous_commit",
        sql: "current_setting('synchronous_commit')",
        is_safe: |value| value != "off",
        advice: "a crash of the server loses revocations that were answered: set synchronous_commit = on",
    },
];

const MYSQL: &[Wanted] = &[
    Wanted {
        name: "innodb_flush_log_at_trx_commit",
        sql: "CAST(@@global.innodb_flush_log_at_trx_commit AS CHAR)",
        is_safe: |value| matches!(value, "1" | "3"),
        advice: "a power loss loses revocations that were answered: set innodb_flush_log_at_trx_commit = 1",
    },
    Wanted {
        name: "innodb_doublewrite",
        sql: "CAST(@@global.innodb_doublewrite AS CHAR)",
        is_safe: is_on,
        advice: "a power loss can destroy pages: set innodb_doublewrite = ON",
    },
    Wanted {
        name: "sync_binlog",
        sql: "IF(@@global.log_bin, CAST(@@global.sync_binlog AS CHAR), 'no binary log')",
        is_safe: |value| value != "0",
        advice: "after a power loss replicas may lack what was answered: set sync_binlog = 1",
    },
    Wanted {
        name: "tables without utf8mb4",
        sql: "(SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() \
              AND table_type = 'BASE TABLE' AND table_collation NOT LIKE 'utf8mb4%')",
        is_safe: |value| value == "0",
        advice: "names with characters beyond these encodings are refused: convert the tables to utf8mb4",
    },
];

fn is_on(value: &str) -> bool {
    matches!(value, "on" | "ON" | "1")
}

impl Database {
    /// Asks the database about itself.
    ///
    /// # Errors
    /// The failure of the database, without a value or a password.
    pub async fn examine(&self) -> Result<Examination, impl std::error::Error + use<>> {
        let connection = self.schema.for_schema();
        match self.schema.backend() {
            DbBackend::Postgres => postgres(&connection).await,
            DbBackend::MySql => mysql(&connection).await,
            _ => sqlite(&connection).await,
        }
    }

    /// The file of a SQLite database.
    pub fn file_path(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Server(_) => None,
        }
    }
}

async fn postgres(connection: &DatabaseConnection) -> Result<Examination, DbErr> {
    let row = ask(
        connection,
        &select(
            POSTGRES,
            &[
                "current_setting('server_version')",
                "CAST(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint) AS text)",
                "COALESCE((SELECT CAST(ssl AS text) FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'false')",
            ],
        ),
    )
    .await?;
    let [version, now, encrypted] = facts(&row)?;
    Ok(Examination {
        version: format!("PostgreSQL {version}"),
        encrypted: Some(encrypted == "true"),
        now: now.parse().ok().map(Timestamp::from_millis),
        settings: settings(POSTGRES, &row)?,
    })
}

async fn mysql(connection: &DatabaseConnection) -> Result<Examination, DbErr> {
    let row = ask(
        connection,
        &select(
            MYSQL,
            &[
                "CAST(@@version AS CHAR)",
                "CAST(CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS CHAR)",
                "'file'",
            ],
        ),
    )
    .await?;
    let [version, now, _] = facts(&row)?;
    let cipher = ask(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'").await?;
    let cipher: String = cipher.try_get_by_index(1)?;
    let kind = if version.contains("MariaDB") {
        "MariaDB"
    } else {
        "MySQL"
    };
    Ok(Examination {
        version: format!("{kind} {version}"),
        encrypted: Some(!cipher.is_empty()),
        now: now.parse().ok().map(Timestamp::from_millis),
        settings: settings(MYSQL, &row)?,
    })
}

async fn sqlite(connection: &DatabaseConnection) -> Result<Examination, DbErr> {
    let version = ask(connection, "SELECT sqlite_version()").await?;
    let version: String = version.try_get_by_index(0)?;
    let journal = ask(connection, "PRAGMA journal_mode").await?;
    let journal: String = journal.try_get_by_index(0)?;
    let synchronous = ask(connection, "PRAGMA synchronous").await?;
    let synchronous: i32 = synchronous.try_get_by_index(0)?;
    let is_kept = matches!(&*journal, "wal" | "delete" | "truncate" | "persist");
    Ok(Examination {
        version: format!("SQLite {version}"),
        encrypted: None,
        now: None,
        settings: vec![
            ExaminedSetting {
                name: "journal_mode",
                advice: (!is_kept).then_some(
                    "a crash destroys the database: let no other program change its journal",
                ),
                value: journal,
            },
            ExaminedSetting {
                name: "synchronous",
                advice: (synchronous < 2).then_some(
                    "a power loss loses what was answered: this is a defect of the program",
                ),
                value: synchronous.to_string(),
            },
        ],
    })
}

/// A statement that answers the facts and then the settings, each as text.
fn select(settings: &[Wanted], facts: &[&str]) -> String {
    let settings = settings.iter().map(|wanted| wanted.sql);
    let all: Vec<_> = facts.iter().copied().chain(settings).collect();
    format!("SELECT {}", all.join(", "))
}

/// How many facts come before the settings.
const FACTS: usize = 3;

fn facts(row: &QueryResult) -> Result<[String; FACTS], DbErr> {
    Ok([
        row.try_get_by_index(0)?,
        row.try_get_by_index(1)?,
        row.try_get_by_index(2)?,
    ])
}

fn settings(wanted: &[Wanted], row: &QueryResult) -> Result<Vec<ExaminedSetting>, DbErr> {
    let settings = wanted.iter().enumerate().map(|(index, wanted)| {
        let value: String = row.try_get_by_index(FACTS + index)?;
        let is_safe = (wanted.is_safe)(&value);
        Ok(ExaminedSetting {
            name: wanted.name,
            advice: (!is_safe).then_some(wanted.advice),
            value,
        })
    });
    settings.collect()
}

async fn ask(connection: &DatabaseConnection, sql: &str) -> Result<QueryResult, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the database answers nothing about itself".to_owned()))
}

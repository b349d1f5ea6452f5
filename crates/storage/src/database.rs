//! The opened database: its channels, and what it measures.

use std::fmt;
use std::sync::Arc;

use ats_pat_domain::port::{Capacity, StoreFigures};
use sea_orm::{DbBackend, DbErr};

use crate::channel::{Channel, Look};
use crate::connect::{self, OpenOptions, Opened, Place};
use crate::database_file::DatabaseFile;
use crate::error::{LockError, OpenError};
use crate::lock::ExclusiveLock;
use crate::pool::Pool;
use crate::pulse::Pulse;
use crate::turns::Turns;
use crate::unreadable::Unreadable;

/// A SQLite file, a PostgreSQL or a MariaDB/MySQL database: the domain's
/// [`Store`](ats_pat_domain::port::Store).
pub struct Database {
    /// The reads of exchanges.
    pub(crate) secrets: Channel,
    /// Reads that everything else depends on.
    pub(crate) vital: Arc<Channel>,
    /// Single reads of the rest.
    pub(crate) reads: Channel,
    /// Single writes that are not changes. For SQLite it is the one writer.
    pub(crate) writes: Channel,
    /// Where transactions begin. For SQLite it is the one writer. On a server, nothing can be
    /// written here outside a transaction.
    pub(crate) changes: Pool,
    /// The turns of changes.
    pub(crate) turns: Turns,
    pub(crate) capacity: Capacity,
    /// Migrations use a copy of this.
    pub(crate) schema: Pool,
    /// Each pool once, by what it is for.
    pools: Vec<(&'static str, Pool)>,
    pub(crate) pulse: Arc<Pulse>,
    file: Option<Arc<DatabaseFile>>,
    pub(crate) unreadable: Unreadable,
    pub(crate) place: Place,
    pub(crate) options: OpenOptions,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.place)
    }
}

impl Database {
    /// Opens the database at `url`: `sqlite:PATH`, `postgres://…` or `mysql://…`. A missing SQLite
    /// file is made, but a missing folder is not. The schema doesn't change; see [`Self::migrate`].
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do, never the password.
    pub async fn open(url: &str, options: OpenOptions) -> Result<Self, OpenError> {
        let (scheme, _) = url.split_once(':').ok_or(OpenError::UnknownScheme)?;
        let opened = match scheme {
            "sqlite" => connect::sqlite::open(url, options).await?,
            "postgres" | "postgresql" => connect::postgres::open(url, options).await?,
            "mysql" | "mariadb" => connect::mysql::open(url, options).await?,
            _ => return Err(OpenError::UnknownScheme),
        };
        let pools = pools(&opened);
        let file = opened.file;
        let patience = options.statement_timeout;
        let unreadable = Unreadable::default();
        let pulse = Arc::new(Pulse::default());
        let channel = |pool, look| {
            let (pulse, file) = (Arc::clone(&pulse), file.clone());
            Channel::pool(pool, patience, pulse, file, unreadable.clone(), look)
        };
        let capacity = Capacity {
            changes: opened.changes_at_once,
            reads: opened.reads_at_once,
        };
        let reads = channel(opened.reads, Look::EachTime);
        Ok(Self {
            pools,
            vital: Arc::new(channel(opened.secrets.clone(), Look::EachTime)),
            secrets: channel(opened.secrets, Look::AtTheLastOne),
            reads: reads.limited_to(capacity.reads, options.acquire_timeout),
            writes: channel(opened.writes.clone(), Look::EachTime),
            changes: opened.changes,
            turns: Turns::new(capacity.changes),
            capacity,
            schema: opened.writes,
            pulse: Arc::clone(&pulse),
            file,
            unreadable,
            place: opened.place,
            options,
        })
    }

    /// The kind of database, by its usual name.
    pub fn kind(&self) -> &'static str {
        match self.changes.backend() {
            DbBackend::Sqlite => "SQLite",
            DbBackend::Postgres => "PostgreSQL",
            DbBackend::MySql => "MariaDB/MySQL",
            _ => "database",
        }
    }

    /// Locks a SQLite database for this process alone, by the lock file beside it. Returns `None`
    /// for servers, which many programs share. The admin program doesn't call this.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process has it.
    pub fn lock_exclusively(&self) -> Result<Option<ExclusiveLock>, LockError> {
        match &self.place {
            Place::File(path) => ExclusiveLock::take(path).map(Some),
            Place::Server(_) => Ok(None),
        }
    }

    /// The connections and statements so far.
    pub(crate) fn all_figures(&self) -> StoreFigures {
        let pools = self.pools.iter();
        StoreFigures {
            pools: pools.map(|(name, pool)| pool.figures(name)).collect(),
            statements: vec![
                ("exchange", self.secrets.took()),
                ("log", self.vital.took()),
                ("read", self.reads.took()),
                ("write", self.writes.took()),
            ],
        }
    }

    /// Begins a transaction on a connection for changes.
    pub(crate) async fn transaction(&self) -> Result<Channel, DbErr> {
        let patience = self.options.statement_timeout;
        let (pulse, unreadable) = (Arc::clone(&self.pulse), self.unreadable.clone());
        Channel::begin(
            &self.changes,
            patience,
            pulse,
            self.file.clone(),
            unreadable,
        )
        .await
    }

    /// Closes every connection, so that SQLite moves its write-ahead log into the file.
    pub async fn close(&self) {
        self.secrets.close().await;
        self.reads.close().await;
        self.writes.close().await;
        self.changes.close().await;
        if let Some(file) = &self.file {
            file.close().await;
        }
    }
}

/// A server has one pool for everything but changes. SQLite has one writer.
fn pools(opened: &Opened) -> Vec<(&'static str, Pool)> {
    match opened.place {
        Place::File(_) => vec![
            ("exchange", opened.secrets.clone()),
            ("read", opened.reads.clone()),
            ("write", opened.changes.clone()),
        ],
        Place::Server(_) => vec![
            ("read", opened.reads.clone()),
            ("change", opened.changes.clone()),
        ],
    }
}

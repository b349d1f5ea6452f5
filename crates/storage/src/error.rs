//! Why a database can't be used: sentences for the operator, never with a password.

use std::path::PathBuf;

use ats_pat_domain::port::BoxError;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The scheme is not supported. The error quotes nothing of the URL, because it may hold a
    /// password.
    #[error(
        "the database URL has an unknown scheme: write `sqlite:PATH`, `postgres://USER@HOST/NAME` or `mysql://USER@HOST/NAME`"
    )]
    UnknownScheme,
    /// The URL can't be read.
    #[error("the database URL can't be read: {reason}")]
    InvalidUrl {
        /// What is wrong with the URL, as the rest of the sentence.
        reason: String,
    },
    /// A SQLite database in memory. Readers and the writer would each see their own.
    #[error(
        "a SQLite database in memory can't be shared: name a file, such as `sqlite:/var/lib/ats-pat/ats-pat.db`"
    )]
    InMemory,
    /// The folder of the SQLite file is missing.
    #[error("the folder {} does not exist: make it, or name another place for the database", .folder.display())]
    FolderMissing {
        /// The path of the folder.
        folder: PathBuf,
    },
    /// The path of the SQLite file is a folder.
    #[error("{} is a folder, not a database file: name a file inside it", .path.display())]
    IsAFolder {
        /// The path of the folder.
        path: PathBuf,
    },
    /// The file is not a database.
    #[error("{} is not a SQLite database (or a damaged one): name another file, or restore this one", .path.display())]
    NotADatabase {
        /// The path of the file.
        path: PathBuf,
    },
    /// Every user of the machine may read or change the file, and this user can't change its mode.
    #[error("every user of this machine can read the database file {}: let its owner run `chmod o-rwx` on it", .path.display())]
    FileOpenToOthers {
        /// The path of the file.
        path: PathBuf,
        /// Why its mode can't be changed.
        #[source]
        source: BoxError,
    },
    /// The system doesn't allow this process to open or make the file.
    #[error("the database file {} can't be opened: check its owner and mode, and its folder's", .path.display())]
    FileNotUsable {
        /// The path of the file.
        path: PathBuf,
        /// What the operating system or SQLite answered.
        #[source]
        source: BoxError,
    },
    /// The server refuses the user or the password.
    #[error(
        "the database server at {server} refuses the user `{user}`: check user name, password and the server's access rules"
    )]
    AccessDenied {
        /// Host and port, as in the URL.
        server: String,
        /// The user's name in the URL.
        user: String,
        /// What the server answered.
        #[source]
        source: BoxError,
    },
    /// The server has no such database.
    #[error(
        "the server at {server} has no database `{database}`, or it is closed to this user: make it first"
    )]
    NoSuchDatabase {
        /// Host and port, as in the URL.
        server: String,
        /// The name of the database.
        database: String,
        /// What the server answered.
        #[source]
        source: BoxError,
    },
    /// No database server answers.
    #[error(
        "the database server at {server} can't be reached: check that it runs, its address and the network"
    )]
    Unreachable {
        /// Host and port, as in the URL.
        server: String,
        /// Why the connection failed.
        #[source]
        source: BoxError,
    },
    /// The server has no TLS, or its certificate doesn't prove that it is this server. It did not
    /// get the password.
    #[error(
        "the database server at {server} gives no TLS connection that can be verified: give it a certificate for this name, name the authority that signed it by `{authority}=FILE` in the URL, or set `database-tls = off` where nobody else can reach the network between"
    )]
    NotVerified {
        /// Host and port, as in the URL.
        server: String,
        /// The URL's parameter that names the authority.
        authority: &'static str,
        /// Why no connection could be verified.
        #[source]
        source: BoxError,
    },
    /// A pooler between them gives each transaction to any session.
    #[error(
        "a pooler at {server} gives each transaction to another session of the database (`pool_mode = transaction` of PgBouncer), which loses settings that changes rely on: set its `pool_mode = session`, or name the database server itself"
    )]
    Pooled {
        /// Host and port, as in the URL.
        server: String,
    },
    /// A database that can't store every character.
    #[error(
        "the database `{database}` at {server} stores text in {encoding}, which has no place for most characters: make one by `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`, and move data by pg_dump"
    )]
    NotUtf8 {
        /// Host and port, as in the URL.
        server: String,
        /// The name of the database.
        database: String,
        /// The encoding in which it stores text.
        encoding: String,
    },
    /// A standby or a server in read-only mode.
    #[error("the database server at {server} is a read-only replica: name the writable primary")]
    ReadOnly {
        /// Host and port, as in the URL.
        server: String,
    },
    /// The database's answer was unexpected.
    #[error("the database at {server} refused to be set up")]
    Refused {
        /// Host and port, or the file.
        server: String,
        /// What the server answered.
        #[source]
        source: BoxError,
    },
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A later release has changed the schema.
    #[error(
        "the database is newer than the program (it has {}): install the release that made it, or restore a backup from before",
        .unknown.join(", ")
    )]
    Newer {
        /// The migrations that this program does not know.
        unknown: Vec<String>,
    },
    /// Another program took the migration over, because this one seemed to have died.
    #[error("another program took the migration over: start again once it is done")]
    TakenOver,
    /// A statement of the migration failed.
    #[error("the schema could not be read or changed")]
    Failed(#[source] BoxError),
}

/// Why a database could not be copied, or replaced by a copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The copy's file can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy's schema can't be made.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A statement of the database that is copied failed, or the copy's disk is full.
    #[error("the database could not be copied")]
    NotRead {
        /// The statement's error, or that of the copy.
        #[source]
        source: BoxError,
    },
    /// A statement of the database that is replaced failed. Nothing was replaced.
    #[error("the rows could not be written")]
    NotWritten {
        /// The error of the statement.
        #[source]
        source: BoxError,
    },
}

/// Why a server can't have a SQLite database for itself alone.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server has it.
    #[error("another server is using the database {}: stop it first, or use PostgreSQL or MariaDB for several servers", .database.display())]
    Held {
        /// The path of the database.
        database: PathBuf,
    },
    /// The lock file can't be made or locked.
    #[error("the lock file {} can't be used: check its owner and mode, and its folder's", .path.display())]
    Io {
        /// The path of the lock file.
        path: PathBuf,
        /// What the operating system answered.
        #[source]
        source: std::io::Error,
    },
}

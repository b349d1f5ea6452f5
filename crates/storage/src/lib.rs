//! The ports of the domain over SeaORM: SQLite, PostgreSQL, MariaDB and MySQL.
//!
//! This crate owns the tables, their migrations, the opening of a database, and the meaning of its
//! failures. [`Database`] is the domain's [`Store`](ats_pat_domain::port::Store).
//!
//! Invariants held here:
//!
//! - a change's first statement locks the counter row (SQLite: the file), so changes are serial and
//!   their events have numbers without gaps, in commit order;
//! - a transaction with a failed or abandoned statement can't be committed;
//! - a change's rows and its event are in one transaction, proven in SQL (`claim.rs`), and the
//!   change counts as committed once another connection sees the event;
//! - a connection is used again only if it is known to be outside any transaction
//!   (`connection.rs`);
//! - an error is *retryable* only if nothing of the change remains, and *undone* at COMMIT only if
//!   the database's answer proves it;
//! - every connection to a server leads to the writable primary, with the session settings that the
//!   rules need, and every wait has a time limit;
//! - a server gets a password only if it proved its identity by its certificate, unless it is on
//!   this machine or the operator said otherwise;
//! - no error, log or `Debug` output has a password or a value of a statement in it.
//!
//! It deliberately does not know the meaning of tags and hashes, or when an entry may change. It
//! stores the values that it gets, and returns them.

mod channel;
mod checkpoints;
mod claim;
mod connect;
mod connection;
mod copy;
mod database;
mod database_file;
mod directory_groups;
mod entity;
mod erasure;
mod error;
mod events;
mod examine;
mod failure;
mod head;
mod identities;
mod keys;
mod listed_token;
mod lock;
mod migration;
mod operator_keys;
mod page;
mod policy;
mod pool;
mod prunings;
mod pulse;
mod readable;
mod retag;
mod row;
mod secrets;
mod sessions;
mod setup_links;
mod signs_of_life;
mod statement;
mod status_places;
mod store;
mod token_counts;
mod token_page;
mod tokens;
mod transaction;
mod turns;
mod unreadable;
mod usage;
mod users;
mod wire;
mod write;
mod write_proof;

pub use connect::{OpenOptions, Tls};
pub use copy::{sqlite_file, url_of_file};
pub use database::Database;
pub use error::{CopyError, LockError, MigrationError, OpenError};
pub use examine::{Examination, ExaminedSetting};
pub use lock::ExclusiveLock;
pub use migration::{MigrationStatus, PlannedMigration};

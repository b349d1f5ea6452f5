//! The database of a former release, which its programs (commit 9f0bd39) made once, and which was
//! written down.
//!
//! The users ada, bob, dora and eve signed in and created tokens, and the token *ended* was
//! revoked. Then all rows were copied. After that, *revoked* and *later* were revoked, *renewed*
//! was regenerated, bob was disabled, dora got another password, eve signed out, the signing key
//! was destroyed, and the set-up link was used.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Store;
use ats_pat_service::OpenError;
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{World, migrated};
use tempfile::TempDir;

/// All rows, as the programs left them.
const ROWS: &str = include_str!("former.sql");
/// Puts the copies back.
const OLDER: &str = include_str!("older.sql");
/// What the callers knew, by name.
const KNOWN: &str = include_str!("known.txt");
const MASTER_KEY: &str = include_str!("master.key");
const ANCHOR: &str = include_str!("anchor");

/// A database of the former release that this one has migrated.
pub struct Former<'a> {
    database: &'a TestDatabase,
    store: Arc<dyn Store>,
    known: HashMap<&'static str, &'static str>,
}

impl<'a> Former<'a> {
    pub async fn load(database: &'a TestDatabase) -> Self {
        let store = migrated(database.url()).await;
        let former = Self {
            database,
            store,
            known: KNOWN
                .lines()
                .filter_map(|line| line.split_once(' '))
                .collect(),
        };
        former.execute(ROWS).await;
        former
    }

    /// Puts the copied rows back, as an attacker with write access can do. The event log stays as
    /// it is.
    pub async fn put_back(&self) {
        self.execute(OLDER).await;
    }

    /// The log ends where the former release ended it.
    pub async fn set_head_back(&self) {
        let head = ROWS.lines().filter(|line| line.contains("event_head"));
        self.execute(&head.collect::<String>()).await;
    }

    /// Opens the service with a data folder of the former release.
    pub async fn open(&self) -> Result<World, OpenError> {
        self.open_after(Duration::ZERO).await
    }

    /// Like [`open`](Self::open), this long after the former release was stopped.
    pub async fn open_after(&self, time: Duration) -> Result<World, OpenError> {
        let folder = TempDir::new().unwrap();
        for (name, content) in [("master.key", MASTER_KEY), ("anchor", ANCHOR)] {
            let mut options = ats_pat_files::private();
            let file = options.create_new(true).open(folder.path().join(name));
            file.unwrap().write_all(content.as_bytes()).unwrap();
        }
        let now = Timestamp::from_millis(self.known["now"].parse().unwrap());
        World::resume(Arc::clone(&self.store), folder, now.after(time)).await
    }

    /// What a caller knew, by its name.
    pub fn known(&self, name: &str) -> &str {
        self.known[name]
    }

    /// Runs one statement for each line. `{uuid …}` and `{bytes …}` are written in the syntax of
    /// the database.
    async fn execute(&self, statements: &str) {
        for statement in statements.lines() {
            let mut pieces = statement.split('{');
            let mut sql = pieces.next().unwrap_or_default().to_owned();
            for piece in pieces {
                let (literal, rest) = piece.split_once('}').unwrap();
                sql += &match literal.split_once(' ').unwrap() {
                    ("uuid", uuid) => self.database.uuid_literal(uuid),
                    ("bytes", hex) => self.database.bytes_literal(&bytes(hex)),
                    (other, _) => panic!("{other}"),
                };
                sql += rest;
            }
            self.database.execute(&sql).await;
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

//! Databases that one test has for itself.

use std::hash::{BuildHasher, RandomState};

use sea_orm::sqlx::mysql::MySqlConnection;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

/// Which databases there are to test with, such as `sqlite,postgres,mariadb,galera`; SQLite alone
/// by default.
const CHOICE: &str = "ATS_PAT_TEST_DATABASES";

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file in a folder of its own.
    Sqlite,
    /// A database of the server at `ATS_PAT_TEST_POSTGRES_URL`.
    Postgres,
    /// A database of the server at `ATS_PAT_TEST_MARIADB_URL`.
    Mariadb,
    /// A database of the cluster at `ATS_PAT_TEST_GALERA_URLS`.
    Galera,
}

/// An empty database that nobody else knows; gone at the end.
pub struct TestDatabase {
    kind: Kind,
    /// Of a cluster, at each node.
    urls: Vec<String>,
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server { admin_url: String, name: String },
}

/// An empty SQLite database, for what needs no server.
pub fn sqlite() -> TestDatabase {
    let folder = TempDir::new().expect("a temporary folder");
    TestDatabase {
        kind: Kind::Sqlite,
        urls: vec![format!(
            "sqlite:{}",
            folder.path().join("test.db").display()
        )],
        home: Home::Folder(folder),
    }
}

/// The kinds that `ATS_PAT_TEST_DATABASES` names, but clusters.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = kinds_and_clusters();
    kinds.retain(|kind| *kind != Kind::Galera);
    kinds
}

fn kinds_and_clusters() -> Vec<Kind> {
    variable(CHOICE)
        .unwrap_or_else(|| "sqlite".to_owned())
        .split(',')
        .map(|name| match name.trim() {
            "sqlite" => Kind::Sqlite,
            "postgres" => Kind::Postgres,
            "mariadb" => Kind::Mariadb,
            "galera" => Kind::Galera,
            other => {
                panic!("{CHOICE} names `{other}`: it knows sqlite, postgres, mariadb and galera")
            }
        })
        .collect()
}

/// Runs `body` on an empty database of every kind, one after the other; a failure names the
/// database. Tests have the attribute of the same name.
pub async fn on_every_database(body: impl AsyncFn(&TestDatabase)) {
    run_on(kinds(), body).await;
}

/// As [`on_every_database`], on those that are reached by a network.
pub async fn on_every_server(body: impl AsyncFn(&TestDatabase)) {
    let mut kinds = kinds();
    kinds.retain(|kind| *kind != Kind::Sqlite);
    run_on(kinds, body).await;
}

/// As [`on_every_database`], on clusters too: [`TestDatabase::url_at`] leads to different nodes.
pub async fn on_every_deployment(body: impl AsyncFn(&TestDatabase)) {
    run_on(kinds_and_clusters(), body).await;
}

async fn run_on(kinds: Vec<Kind>, body: impl AsyncFn(&TestDatabase)) {
    for kind in kinds {
        let _named = NamedFailure(kind);
        let database = TestDatabase::create(kind).await;
        body(&database).await;
        database.remove().await;
    }
}

struct NamedFailure(Kind);

impl Drop for NamedFailure {
    #[expect(clippy::print_stderr, reason = "a failing test says where")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the failure was on {:?}", self.0);
        }
    }
}

impl TestDatabase {
    /// An empty database of this kind.
    pub async fn create(kind: Kind) -> Self {
        let variable_name = match kind {
            Kind::Sqlite => return sqlite(),
            Kind::Postgres => "ATS_PAT_TEST_POSTGRES_URL",
            Kind::Mariadb => "ATS_PAT_TEST_MARIADB_URL",
            Kind::Galera => "ATS_PAT_TEST_GALERA_URLS",
        };
        let admin_urls = variable(variable_name)
            .unwrap_or_else(|| panic!("{variable_name} is missing: use `cargo xtask databases`"));
        let admin_urls: Vec<_> = admin_urls.split(',').map(ToOwned::to_owned).collect();
        let admin_url = admin_urls[0].clone();
        let name = format!("pat_{:016x}", RandomState::new().hash_one(kind as u8));
        execute(kind, &admin_url, &format!("CREATE DATABASE {name}")).await;
        let url = |admin_url: &String| {
            let (server, _) = admin_url
                .rsplit_once('/')
                .expect("the URL of a server ends with a database");
            format!("{server}/{name}")
        };
        Self {
            kind,
            urls: admin_urls.iter().map(url).collect(),
            home: Home::Server { admin_url, name },
        }
    }

    /// The URL that [`ats_pat_storage::Database::open`] takes.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// As [`url`](Self::url), at a node of its cluster; any number will do.
    pub fn url_at(&self, node: usize) -> &str {
        &self.urls[node % self.urls.len()]
    }

    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Runs a statement as somebody would who can write to the database; gives how many rows it
    /// reached.
    pub async fn execute(&self, sql: &str) -> u64 {
        execute(self.kind, self.url(), sql).await
    }

    /// The whole number that a query answers.
    pub async fn number(&self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql.to_owned());
        match self.kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(self.url()).await.expect("open");
                sqlx::query_scalar(query).fetch_one(&mut connection).await
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(self.url()).await.expect("open");
                sqlx::query_scalar(query).fetch_one(&mut connection).await
            }
            Kind::Mariadb | Kind::Galera => {
                let mut connection = MySqlConnection::connect(self.url()).await.expect("open");
                sqlx::query_scalar(query).fetch_one(&mut connection).await
            }
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// A UUID as it is written in SQL.
    pub fn uuid_literal(&self, uuid: &str) -> String {
        match self.kind {
            Kind::Postgres => format!("'{uuid}'::uuid"),
            Kind::Sqlite | Kind::Mariadb | Kind::Galera => format!("x'{}'", uuid.replace('-', "")),
        }
    }

    /// Bytes as they are written in SQL.
    pub fn bytes_literal(&self, bytes: &[u8]) -> String {
        let digit = |half: u8| char::from_digit(half.into(), 16).expect("below 16");
        let hex: String = bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect();
        match self.kind {
            Kind::Postgres => format!("'\\x{hex}'::bytea"),
            Kind::Sqlite | Kind::Mariadb | Kind::Galera => format!("x'{hex}'"),
        }
    }

    /// The folder of a SQLite database.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.home {
            Home::Folder(folder) => Some(folder.path()),
            Home::Server { .. } => None,
        }
    }

    /// Removes it from its server.
    pub async fn remove(&self) {
        if let Home::Server { admin_url, name } = &self.home {
            let force = if self.kind == Kind::Postgres {
                " WITH (FORCE)"
            } else {
                ""
            };
            execute(
                self.kind,
                admin_url,
                &format!("DROP DATABASE {name}{force}"),
            )
            .await;
        }
    }
}

async fn execute(kind: Kind, url: &str, sql: &str) -> u64 {
    let statement = AssertSqlSafe(sql.to_owned());
    let result = match kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.expect("open");
            let done = connection.execute(statement).await;
            done.map(|done| done.rows_affected())
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(url).await.expect("open");
            let done = connection.execute(statement).await;
            done.map(|done| done.rows_affected())
        }
        Kind::Mariadb | Kind::Galera => {
            let mut connection = MySqlConnection::connect(url).await.expect("open");
            let done = connection.execute(statement).await;
            done.map(|done| done.rows_affected())
        }
    };
    result.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no settings but these"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

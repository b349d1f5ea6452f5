//! Somebody who can read and write every table, and has nothing else.

use sea_orm::sqlx::mysql::MySqlConnection;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor, Row};

use crate::{Kind, TestDatabase};

/// A row: each column's value as SQL writes it, in the order of the columns.
pub type RawRow = Vec<String>;

/// A connection that writes rows behind the program's back. References between tables bind it no
/// more than the program's rules do.
pub struct Intruder {
    connection: AnyConnection,
}

enum AnyConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    Mariadb(MySqlConnection),
}

/// The columns of a table, and how all its rows are read.
#[derive(Clone, Debug)]
pub struct Columns {
    table: &'static str,
    names: Vec<String>,
    /// What reads each of them as SQL writes it.
    literals: Vec<String>,
}

impl Columns {
    /// The place of a column in the rows.
    pub fn place(&self, column: &str) -> usize {
        let place = self.names.iter().position(|name| name == column);
        place.unwrap_or_else(|| panic!("{} has no column {column}", self.table))
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl Intruder {
    /// A connection to the database.
    pub async fn connect(database: &TestDatabase) -> Self {
        let url = database.url();
        let connection = match database.kind() {
            Kind::Sqlite => {
                AnyConnection::Sqlite(SqliteConnection::connect(url).await.expect("open"))
            }
            Kind::Postgres => {
                AnyConnection::Postgres(PgConnection::connect(url).await.expect("open"))
            }
            Kind::Mariadb | Kind::Galera => {
                AnyConnection::Mariadb(MySqlConnection::connect(url).await.expect("open"))
            }
        };
        let unbound = match &connection {
            AnyConnection::Sqlite(_) => "PRAGMA foreign_keys = OFF",
            AnyConnection::Postgres(_) => "SET session_replication_role = replica",
            AnyConnection::Mariadb(_) => "SET FOREIGN_KEY_CHECKS = 0",
        };
        let mut intruder = Self { connection };
        intruder.execute(unbound).await.expect("may be set");
        intruder
    }

    /// Runs one statement; says why it failed.
    pub async fn execute(&mut self, sql: &str) -> Result<(), String> {
        let statement = AssertSqlSafe(sql.to_owned());
        let failed = match &mut self.connection {
            AnyConnection::Sqlite(on) => on.execute(statement).await.err(),
            AnyConnection::Postgres(on) => on.execute(statement).await.err(),
            AnyConnection::Mariadb(on) => on.execute(statement).await.err(),
        };
        failed.map_or(Ok(()), |error| Err(format!("{sql}: {error}")))
    }

    /// Runs all of them or none.
    pub async fn execute_all(&mut self, statements: &[String]) -> Result<(), String> {
        self.execute("BEGIN").await?;
        for statement in statements {
            if let Err(refused) = self.execute(statement).await {
                self.execute("ROLLBACK").await?;
                return Err(refused);
            }
        }
        self.execute("COMMIT").await
    }

    /// The columns of a table.
    pub async fn columns(&mut self, table: &'static str) -> Columns {
        let sql = match &self.connection {
            AnyConnection::Sqlite(_) => format!(
                "SELECT name, 'quote(' || name || ')' FROM pragma_table_info('{table}') ORDER BY cid"
            ),
            AnyConnection::Postgres(_) => format!(
                "SELECT column_name::text, 'quote_nullable(' || column_name || ')' \
                 FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
            AnyConnection::Mariadb(_) => format!(
                "SELECT CAST(column_name AS CHAR), CAST(CASE \
                   WHEN data_type LIKE '%int' THEN CONCAT('COALESCE(CAST(', column_name, ' AS CHAR), ''NULL'')') \
                   WHEN data_type LIKE '%char' OR data_type LIKE '%text' THEN CONCAT('QUOTE(', column_name, ')') \
                   ELSE CONCAT('COALESCE(CONCAT(''x'''''', HEX(', column_name, '), ''''''''), ''NULL'')') END AS CHAR) \
                 FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        let found = self.texts(&sql, 2).await;
        let mut columns = Columns {
            table,
            names: Vec::new(),
            literals: Vec::new(),
        };
        for row in found {
            let [name, literal]: [String; 2] = row.try_into().expect("two columns");
            columns.names.push(name);
            columns.literals.push(literal);
        }
        columns
    }

    /// All rows of a table.
    pub async fn rows(&mut self, columns: &Columns) -> Vec<RawRow> {
        let sql = format!(
            "SELECT {} FROM {}",
            columns.literals.join(", "),
            columns.table
        );
        self.texts(&sql, columns.names.len()).await
    }

    async fn texts(&mut self, sql: &str, width: usize) -> Vec<Vec<String>> {
        fn read<R: Row>(rows: &[R], width: usize) -> Vec<Vec<String>>
        where
            usize: sqlx::ColumnIndex<R>,
            String: sqlx::Type<R::Database> + for<'a> sqlx::Decode<'a, R::Database>,
        {
            let texts = |row: &R| (0..width).map(|place| row.get(place)).collect();
            rows.iter().map(texts).collect()
        }
        let query = AssertSqlSafe(sql.to_owned());
        let fetched = match &mut self.connection {
            AnyConnection::Sqlite(on) => on.fetch_all(query).await.map(|rows| read(&rows, width)),
            AnyConnection::Postgres(on) => on.fetch_all(query).await.map(|rows| read(&rows, width)),
            AnyConnection::Mariadb(on) => on.fetch_all(query).await.map(|rows| read(&rows, width)),
        };
        fetched.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

//! An empty database beside the others on a server.

use anyhow::{Context, Result, bail};
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

#[derive(clap::Args)]
pub struct Arguments {
    /// A URL of the server, of a user who may make databases
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    url: String,
    /// Letters, digits and underscores
    name: String,
}

/// Makes it. A database with its name is removed first.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { url, name } = arguments;
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        bail!("{name} is no name of letters, digits and underscores");
    }
    let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"));
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("postgres") => {
            let mut server = PgConnection::connect(url).await?;
            server.execute(drop).await?;
            server.execute(create).await?;
        }
        Some("mysql") => {
            let mut server = MySqlConnection::connect(url).await?;
            server.execute(drop).await?;
            server.execute(create).await?;
        }
        _ => bail!("databases are made on postgres: and mysql: only"),
    }
    let (server, _) = url.rsplit_once('/').context("a URL ends with a database")?;
    println!("{server}/{name}");
    Ok(())
}

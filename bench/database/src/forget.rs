//! A database whose next start reads the event log from its beginning.

use anyhow::{Result, bail};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Executor as _};

#[derive(clap::Args)]
pub struct Arguments {
    /// The database: `sqlite:` or `postgres:`
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    url: String,
}

/// Takes its checkpoints away.
pub async fn run(arguments: &Arguments) -> Result<()> {
    const FORGET: &str = "DELETE FROM checkpoints";
    let url = &arguments.url;
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => {
            SqliteConnection::connect(url)
                .await?
                .execute(FORGET)
                .await?;
        }
        Some("postgres") => {
            PgConnection::connect(url).await?.execute(FORGET).await?;
        }
        _ => bail!("only sqlite: and postgres: databases are known"),
    }
    Ok(())
}

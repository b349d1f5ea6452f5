//! What is measured, and for how long.

use std::path::PathBuf;

use crate::place::Place;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// For how long each kind of change is made
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
    /// How many tokens are revoked before the eyes of all replicas
    #[arg(long, default_value_t = 200)]
    pub revocations: usize,
    /// The programs of another release: only the changes per second are compared with it, by turns
    #[arg(long, value_name = "FOLDER")]
    pub beside: Option<PathBuf>,
    /// How often each of the two has its turn
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Where a MariaDB is that keeps what it acknowledged
    #[arg(long, env = "ATS_PAT_TEST_MARIADB_URL", hide_env_values = true)]
    pub mariadb_url: Option<String>,
    /// Where a PostgreSQL is that keeps what it acknowledged; without it there is only SQLite
    #[arg(long, env = "ATS_PAT_TEST_POSTGRES_URL", hide_env_values = true)]
    pub postgres_url: Option<String>,
}

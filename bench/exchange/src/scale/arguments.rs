//! How much is measured, and how often.

use std::path::PathBuf;
use std::time::Duration;

use crate::place::Place;
use crate::sample::Settings;

/// The number of tokens in the small database.
pub const FEW: u64 = 1000;
/// One of how many tokens is revoked.
pub const ENDED_OF: u64 = 5;
/// The number of tokens of the owner whose first page is read.
pub const OWNER_TOKENS: u64 = 10_000;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// How many tokens the large database has
    #[arg(long, default_value_t = 10_000_000)]
    pub tokens: u64,
    /// How many of them are exchanged to fill the cache, and cold beside the comparison: more than
    /// a cache holds
    #[arg(long, default_value_t = 300_000)]
    pub touched: u64,
    /// How often each side has its turn
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// How long a turn lasts, after its warm-up
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Connections, each with one request under way
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
    /// How often the server is started
    #[arg(long, default_value_t = 10)]
    pub starts: usize,
    /// Compare exchanges with the programs of another release in this folder, by turns, each on a
    /// database that it filled itself, and measure nothing else
    #[arg(long, value_name = "FOLDER")]
    pub beside: Option<PathBuf>,
    /// Keep the large SQLite database, and use the one that was kept
    #[arg(long)]
    pub keep: bool,
    /// Where a PostgreSQL is to be filled instead of SQLite
    #[arg(long, env = "ATS_PAT_TEST_POSTGRES_URL", hide_env_values = true)]
    pub postgres_url: Option<String>,
}

impl Arguments {
    pub fn settings(&self, round: usize) -> Settings {
        Settings {
            connections: self.connections,
            warm_up: Duration::from_secs_f64(self.seconds / 4.0),
            length: Duration::from_secs_f64(self.seconds),
            seed: round as u64,
        }
    }
}

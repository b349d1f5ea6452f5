//! What to fill, and how much.

use std::path::PathBuf;

use uuid::Uuid;

#[derive(clap::Args)]
pub struct Arguments {
    /// The database: `sqlite:`, `postgres:` or `mysql:`, made by the service and without tokens
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    pub url: String,
    /// The file of the master key of this database
    #[arg(long)]
    pub master_key_file: PathBuf,
    /// How many tokens the database gets
    #[arg(long)]
    pub tokens: u64,
    /// How many users have them
    #[arg(long)]
    pub owners: u64,
    /// A user who is there already and gets some of the tokens
    #[arg(long, requires = "owner_tokens")]
    pub owner: Option<Uuid>,
    /// How many tokens that user gets
    #[arg(long, requires = "owner", default_value_t = 0)]
    pub owner_tokens: u64,
    /// One of how many tokens is revoked; without it, none
    #[arg(long)]
    pub ended_of: Option<u64>,
    /// A file that gets the secrets of some of the active tokens, one a line
    #[arg(long)]
    pub sample_file: PathBuf,
    /// Of how many, evenly spread
    #[arg(long)]
    pub sample: u64,
}

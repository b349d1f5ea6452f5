//! What to try, and how much.

use std::path::PathBuf;

use crate::databases::Kind;
use crate::place::Place;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// A database to try; repeat it for several [default: all]
    #[arg(
        long = "database",
        value_enum,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    pub databases: Vec<Kind>,
    /// How many tokens are revoked
    #[arg(long, default_value_t = 20_000)]
    pub tokens: u64,
    /// How often a server is killed
    #[arg(long, default_value_t = 3)]
    pub kills: u64,
    /// How long the work without a job is measured, in seconds
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// The program that fills databases
    #[arg(long)]
    pub filler: PathBuf,
}

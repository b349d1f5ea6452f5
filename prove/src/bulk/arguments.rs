//! What to try, and how much.

use std::path::PathBuf;

use crate::databases::Choice;
use crate::place::Place;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub databases: Choice,
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

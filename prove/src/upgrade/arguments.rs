//! The options of the part.

use std::path::PathBuf;

use crate::databases::Choice;
use crate::place::Place;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// The folder of the programs of the release before
    #[arg(long)]
    pub former: PathBuf,
    #[command(flatten)]
    pub databases: Choice,
    /// How many rows the larger database has, about
    #[arg(long, default_value_t = 20_000)]
    pub rows: u32,
}

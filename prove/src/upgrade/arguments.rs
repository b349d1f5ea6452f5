//! The options of the part.

use std::path::PathBuf;

use crate::databases::Kind;
use crate::place::Place;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// The folder of the programs of the release before
    #[arg(long)]
    pub former: PathBuf,
    /// A database to try; repeat it for several [default: all]
    #[arg(
        long = "database",
        value_enum,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    pub databases: Vec<Kind>,
    /// How many rows the larger database has, about
    #[arg(long, default_value_t = 20_000)]
    pub rows: u32,
}

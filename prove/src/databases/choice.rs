//! Which databases a part tries.

use super::Kind;

/// The databases to try.
#[derive(clap::Args)]
pub struct Choice {
    /// A database to try; repeat it for several [default: all]
    #[arg(
        long = "database",
        value_enum,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    chosen: Vec<Kind>,
}

impl Choice {
    /// Those that were named, or all.
    pub fn kinds(&self) -> Vec<Kind> {
        if self.chosen.is_empty() {
            vec![Kind::Sqlite, Kind::Postgres, Kind::Mariadb]
        } else {
            self.chosen.clone()
        }
    }
}

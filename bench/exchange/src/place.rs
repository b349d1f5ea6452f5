//! Where a measurement finds its programs and writes its figures.

use std::path::PathBuf;

use crate::cores::Cores;

#[derive(clap::Args)]
pub struct Place {
    /// The folder of the built programs
    #[arg(long)]
    pub programs: PathBuf,
    /// The folder for the figures; databases are kept in its folder data while they are in use
    #[arg(long)]
    pub figures: PathBuf,
    #[command(flatten)]
    pub cores: Cores,
}

impl Place {
    /// A file of figures.
    pub fn output(&self, name: &str) -> PathBuf {
        self.figures.join(name)
    }

    /// Where databases are made.
    pub fn data(&self) -> PathBuf {
        self.figures.join("data")
    }
}

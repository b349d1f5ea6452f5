//! Where a run finds its programs and leaves what it found, and the seed of its dice.

use std::path::PathBuf;

use fastrand::Rng;

/// What every part is told.
#[derive(clap::Args)]
pub struct Place {
    /// The folder of the built programs
    #[arg(long)]
    pub programs: PathBuf,
    /// The folder for what was found
    #[arg(long)]
    pub output: PathBuf,
    /// The seed of an earlier run
    #[arg(long, default_value_t = fastrand::u64(..))]
    pub seed: u64,
}

impl Place {
    /// Dice. What they are thrown for also depends on when answers come, so that a seed repeats a run only roughly.
    pub fn rng(&self) -> Rng {
        Rng::with_seed(self.seed)
    }

    /// The file of a part.
    pub fn output(&self, part: &str) -> PathBuf {
        self.output.join(format!("{part}.json"))
    }
}

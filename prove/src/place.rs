//! Where a run finds its programs and writes its findings, and the seed of its random numbers.

use std::path::PathBuf;

use fastrand::Rng;

/// The options of every part.
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
    /// Random numbers. The choices also depend on when answers come, so that a seed repeats a run
    /// only roughly.
    pub fn rng(&self) -> Rng {
        Rng::with_seed(self.seed)
    }

    /// The file of a part.
    pub fn output(&self, part: &str) -> PathBuf {
        self.output.join(format!("{part}.json"))
    }
}

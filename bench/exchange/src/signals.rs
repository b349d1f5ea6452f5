//! Signals end a measurement between two of its steps, so that the programs it started end too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

pub struct Signals(Arc<AtomicBool>);

impl Signals {
    /// From now on, SIGINT, SIGTERM and SIGHUP are recorded and don't end this program.
    pub fn watch() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    /// Fails if one came.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::SeqCst) {
            bail!("asked to stop");
        }
        Ok(())
    }
}

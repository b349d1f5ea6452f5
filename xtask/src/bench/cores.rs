//! Two cores: one for the measured program, and one for everything else.

use std::process::Command;

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The first two cores that this program may use.
#[derive(Clone, Copy)]
pub struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    pub fn find() -> Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let two = cores.next().zip(cores.next());
        let (server, load) = two.context("a measurement needs two cores")?;
        Ok(Self { server, load })
    }

    /// Leaves the server's core. While the returned value exists, this thread and the programs that
    /// it starts, such as databases, run on the other core.
    pub fn leave_the_servers(self) -> Result<Away> {
        let before = sched_getaffinity(None)?;
        let mut only = CpuSet::new();
        only.set(self.load);
        sched_setaffinity(None, &only).context("cannot leave the server's core")?;
        Ok(Away(before))
    }

    /// Passes both cores to a program.
    pub fn tell(self, command: &mut Command) {
        command
            .arg("--server-core")
            .arg(self.server.to_string())
            .arg("--load-core")
            .arg(self.load.to_string());
    }
}

/// Returns to all cores when dropped.
pub struct Away(CpuSet);

impl Drop for Away {
    fn drop(&mut self) {
        // It was allowed before, so it can't fail.
        let _ = sched_setaffinity(None, &self.0);
    }
}

//! Assigns processor cores: the measured program has one, and the measuring program has another.

use std::process::{Child, Command};

use anyhow::{Context, Result};
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::{CpuSet, sched_setaffinity};

/// The two cores of a measurement, by the system's numbers.
#[derive(Clone, Copy, clap::Args)]
pub struct Cores {
    /// The core of the program that is measured
    #[arg(long, default_value_t = 0)]
    pub server_core: usize,
    /// The core of the load, and of database servers
    #[arg(long, default_value_t = 1)]
    pub load_core: usize,
}

impl Cores {
    /// Moves this thread, and the programs that it starts from now on, to the core of the load.
    pub fn stay_with_the_load(self) -> Result<()> {
        stay_on(self.load_core)
    }

    /// Starts a program that is measured. All its threads are on the server's core from the start,
    /// so that it sizes its pools for one core. If that is allowed, they also get priority over the
    /// other processes there. Otherwise a service of the system that works for ten milliseconds
    /// each second would determine the p99.
    pub fn start(self, command: &mut Command) -> Result<Child> {
        stay_on(self.server_core)?;
        let usual = getpriority_process(None)?;
        let _may_be_refused = setpriority_process(None, FIRST);
        let started = command.spawn();
        setpriority_process(None, usual)?;
        stay_on(self.load_core)?;
        started.with_context(|| format!("cannot start {}", command.get_program().display()))
    }
}

/// The highest of the usual priorities (setpriority(2)).
const FIRST: i32 = -20;

/// A child inherits it from the thread that starts it.
fn stay_on(core: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| {
        format!("core {core} cannot be had: two are needed, see --server-core and --load-core")
    })
}

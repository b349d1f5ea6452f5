//! The memory of a program.

use std::fs;

use anyhow::{Context as _, Result};

use crate::program::Program;

/// The most memory that a running program has used so far, in MiB (`VmHWM`).
pub fn most_memory(program: &Program) -> Result<u64> {
    let path = format!("/proc/{}/status", program.pid().as_raw_nonzero());
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kibibytes: u64 = kibibytes.context("no VmHWM")?.trim().parse()?;
    Ok(kibibytes / 1024)
}

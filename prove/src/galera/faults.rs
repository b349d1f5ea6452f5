//! Faults of nodes, one at a time, while load runs.

use std::fmt;
use std::time::Duration;

use anyhow::Result;

use super::nodes::Nodes;
use crate::clock::go_on;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// Shorter and longer than the time that the others wait for a node (`evs.suspect_timeout`, five
/// seconds).
const SHORT: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_secs(9);
/// The time of load with all nodes, before a fault and after it.
const BEFORE: Duration = Duration::from_secs(3);
const AFTER: Duration = Duration::from_secs(4);
/// The time between a kill and the start.
const DOWN: Duration = Duration::from_secs(3);

/// A kind of fault.
#[derive(Clone, Copy)]
pub enum Fault {
    /// The process stops, and continues before the others notice.
    StoppedShortly,
    /// The process stops until the others have gone on without it.
    StoppedLong,
    /// The node is cut off from its group.
    Cut,
    /// The process is killed and started again.
    Killed,
}

/// In the order in which they are repeated.
pub const ALL: [Fault; 4] = [
    Fault::StoppedShortly,
    Fault::Cut,
    Fault::StoppedLong,
    Fault::Killed,
];

impl Fault {
    /// Makes the fault happen to a node, and waits until that node takes part again.
    pub fn happen(
        self,
        number: usize,
        nodes: &mut Nodes,
        tally: &Tally,
        signals: &Signals,
    ) -> Result<()> {
        go_on(BEFORE, signals, || Ok(()))?;
        match self {
            Self::StoppedShortly => stop(number, nodes, SHORT, signals)?,
            Self::StoppedLong => stop(number, nodes, LONG, signals)?,
            Self::Cut => {
                nodes.0[number].isolate(true)?;
                let waited = go_on(LONG, signals, || Ok(()));
                nodes.0[number].isolate(false)?;
                waited?;
            }
            Self::Killed => {
                nodes.0[number].kill(signals)?;
                go_on(DOWN, signals, || Ok(()))?;
                let others = nodes.others(number);
                nodes.0[number].start(&others)?;
            }
        }
        tally.add(match self {
            Self::StoppedShortly | Self::StoppedLong => Count::Stopped,
            Self::Cut => Count::Cut,
            Self::Killed => Count::DatabaseEnds,
        });
        nodes.wait_until_synced(tally, signals)?;
        go_on(AFTER, signals, || Ok(()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StoppedShortly => "stopped for 3 s",
            Self::StoppedLong => "stopped for 9 s",
            Self::Cut => "cut for 9 s",
            Self::Killed => "killed",
        })
    }
}

fn stop(number: usize, nodes: &Nodes, length: Duration, signals: &Signals) -> Result<()> {
    nodes.0[number].suspend()?;
    let waited = go_on(length, signals, || Ok(()));
    nodes.0[number].resume()?;
    waited
}

//! One round: load, a kind of fault, calm.

use std::fmt;
use std::time::Duration;

use anyhow::Result;

use super::bed::Bed;
use crate::clock::{go_on, now};
use crate::databases::Kind;
use crate::health::readiness;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// The target that is seldom written while there are no faults.
const LOG: &str = "server.log$";
/// The time of load with faults.
const FAULTS: Duration = Duration::from_secs(3);

/// The time between two starts.
const SERVING: Duration = Duration::from_millis(500);

/// What fails in a round.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Round {
    /// The disk is full.
    Full,
    /// Writes and syncs of any file fail at random.
    Random,
    /// Writes and syncs of some files fail at random.
    Targeted(&'static str),
    /// Writes and syncs of seldom written files fail, while the server is killed and restarted.
    Start(&'static str),
    /// The server is killed.
    KillServer,
    /// The database server is killed, if there is one, and the server too.
    KillBoth,
}

impl Round {
    /// The rounds of a database, in the order of their repetition.
    pub fn all(kind: Kind) -> Vec<Self> {
        let mut rounds = vec![Self::Full, Self::Random, Self::KillServer];
        for target in kind.targets() {
            rounds.push(Self::Targeted(target));
        }
        if kind == Kind::Sqlite {
            // Only with it, the server's data folder is on the failing disk.
            rounds.extend([Self::Start("/anchor"), Self::Start(".lock")]);
        }
        rounds.extend([Self::KillBoth, Self::Full, Self::Random]);
        rounds
    }

    /// Runs the round on `bed` while load runs. The load goes on without faults for a `calm` time
    /// before and after.
    pub fn happen(
        self,
        calm: Duration,
        bed: &mut Bed,
        tally: &Tally,
        signals: &Signals,
    ) -> Result<()> {
        go_on(calm, signals, || Ok(()))?;
        match self {
            Self::Full => fill(bed, tally, signals)?,
            Self::Random => fail(bed, "", tally, signals)?,
            Self::Targeted(pattern) => fail(bed, pattern, tally, signals)?,
            Self::Start(pattern) => start(bed, pattern, tally, signals)?,
            Self::KillServer => bed.kill_server()?,
            Self::KillBoth => {
                bed.kill_database()?;
                bed.kill_server()?;
            }
        }
        bed.calm(tally, signals)?;
        tally.add(Count::Rounds);
        go_on(calm, signals, || Ok(()))
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => write!(f, "full disk"),
            Self::Random => write!(f, "random faults"),
            Self::Targeted(pattern) => write!(f, "random faults of {pattern}"),
            Self::Start(pattern) => write!(f, "starts with faults of {pattern}"),
            Self::KillServer => write!(f, "server killed"),
            Self::KillBoth => write!(f, "server and database killed"),
        }
    }
}

/// Keeps the disk full for a while. If changes are refused, the server must report that it is not
/// ready.
fn fill(bed: &mut Bed, tally: &Tally, signals: &Signals) -> Result<()> {
    let at = bed.installation.address();
    let refused_before = refusals(tally);
    let (mut unready, mut named) = (0, false);
    let mut last = String::new();
    go_on(FAULTS, signals, || {
        bed.disk.fill()?;
        let ready = readiness(at);
        if !ready.is_ready {
            unready += 1;
            let reason = ready.reason.to_lowercase();
            named |= ["full", "space"].iter().any(|word| reason.contains(word));
        }
        if last.is_empty() || !ready.is_ready {
            last = ready.reason;
        }
        Ok(())
    })?;
    let refused = refusals(tally) - refused_before;
    if refused > 0 && unready == 0 {
        let text = format!(
            "{refused} changes were refused on a full disk, and readiness said 200: {last}"
        );
        tally.violation(Count::Unready, &text);
    } else if refused > 0 && bed.kind == Kind::Sqlite && !named {
        let text = format!("the full disk is not named: {last}");
        tally.violation(Count::Unready, &text);
    }
    Ok(())
}

/// Changes that were answered with 503 or 500.
fn refusals(tally: &Tally) -> u64 {
    tally.get(Count::Refused) + tally.get(Count::Internal)
}

/// Lets writes and syncs of some files fail for a while. Programs that end in the meantime are
/// started again.
fn fail(bed: &mut Bed, pattern: &str, tally: &Tally, signals: &Signals) -> Result<()> {
    let often = pattern == LOG;
    bed.fail(pattern, often)?;
    go_on(FAULTS, signals, || {
        if !bed.is_whole()? {
            bed.gate.close()?;
            bed.revive(tally, signals)?;
            bed.fail(pattern, often)?;
        }
        Ok(())
    })
}

/// Kills the server and starts it, again and again, while every second write of some files fails.
fn start(bed: &mut Bed, pattern: &str, tally: &Tally, signals: &Signals) -> Result<()> {
    bed.fail(pattern, true)?;
    let end = now() + FAULTS;
    while now() < end {
        bed.kill_server()?;
        tally.add(Count::ServerEnds);
        // It may refuse to start. A later check shows that it starts without faults.
        if bed.start_server(signals).is_ok() {
            go_on(SERVING, signals, || Ok(()))?;
        }
        signals.check()?;
    }
    Ok(())
}

//! The classes of work, and what each may take. A flood of one class leaves the others their time
//! at the database, and what can't be done in time is refused at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ats_pat_domain::port::Capacity;
use ats_pat_domain::{Neighbourhood, Problem};
use parking_lot::Mutex;

use crate::service::Service;
use crate::service::turns::{Amounts, Claim, Firsts, Rank, Rules, Turn, Turns};

/// How many reads may wait, even if they could be answered in time.
const WAITING: usize = 2048;
/// The longest time that a list or a page may take with its wait.
const PATIENCE_OF_READS: Duration = Duration::from_secs(1);
/// The longest time that a check of an authentication token may take with its wait.
const PATIENCE_OF_CHECKS: Duration = Duration::from_secs(5);

/// What a request asks for. An exchange is none of these: one from memory never waits, and one that
/// reads the database waits in its own queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A list, a page, or another read.
    Read,
    /// Checking an authentication token in the database, for a service that asks.
    Check,
    /// A change that gives something, or that takes no rights away.
    Change,
    /// Anything that is never refused here: what takes rights away, signs in, or needs no database.
    /// Sign-ins are refused where their names are known.
    Free,
}

/// A request's place among the work of its class, until it is dropped.
pub struct Entered {
    _place: Place,
}

enum Place {
    Free,
    Turn { _turn: Turn<Neighbourhood> },
    Ticket { _ticket: Ticket },
}

/// The turns of requests.
pub(crate) struct WorkTurns {
    reads: Turns<Neighbourhood>,
    checks: Turns<Neighbourhood>,
    changing: Tickets,
}

/// The work of one class, now and so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkFigures {
    /// The class.
    pub class: &'static str,
    /// How many are under way.
    pub under_way: u64,
    /// How many wait.
    pub waiting: u64,
    /// How many were refused because they could not have been answered in time.
    pub shed: u64,
}

impl WorkTurns {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let turns = |name, at_once, patience| {
            Turns::new(Rules {
                name,
                at_once,
                most_waiting: WAITING,
                patience,
                firsts: Firsts::Ahead,
            })
        };
        // Lists leave some connections to what changes and sign-ins read.
        let lists = (capacity.reads * 3 / 4).max(1);
        Self {
            reads: turns("read", lists, PATIENCE_OF_READS),
            checks: turns("check", capacity.reads, PATIENCE_OF_CHECKS),
            changing: Tickets::default(),
        }
    }
}

impl Service {
    /// Refuses a request that could not be answered in time, before anything is done for it.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub fn admit(&self, work: Work, address: IpAddr) -> Result<(), Problem> {
        if work != Work::Change {
            return Ok(());
        }
        let inner = &self.inner;
        let most = inner.changes.turns.most();
        if inner.work.changing.may_enter(address.into(), most) {
            return Ok(());
        }
        inner.changes.turns.shed(Rank::Third);
        Err(Problem::Unavailable)
    }

    /// Waits until a request may use the database. A caller who hangs up leaves the queue.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] if it can't be answered in time.
    pub async fn enter(&self, work: Work, address: IpAddr) -> Result<Entered, Problem> {
        let turns = match work {
            Work::Free => {
                return Ok(Entered {
                    _place: Place::Free,
                });
            }
            Work::Change => {
                let _ticket = self.inner.work.changing.enter(address.into());
                return Ok(Entered {
                    _place: Place::Ticket { _ticket },
                });
            }
            Work::Read => &self.inner.work.reads,
            Work::Check => &self.inner.work.checks,
        };
        let claim = Claim {
            from: Neighbourhood::from(address),
            rank: Rank::Third,
        };
        let _turn = turns.turn(claim).await.ok_or(Problem::Unavailable)?;
        Ok(Entered {
            _place: Place::Turn { _turn },
        })
    }

    /// The work of every class.
    pub(crate) fn work_figures(&self) -> Vec<WorkFigures> {
        let inner = &self.inner;
        let changes = &inner.changes.turns;
        let all = [Rank::First, Rank::Second, Rank::Third];
        [
            ("exchange", inner.cache.amounts()),
            ("check", inner.work.checks.amounts(&all)),
            ("sign-in", inner.passwords.amounts()),
            ("removal", changes.amounts(&[Rank::First])),
            ("change", changes.amounts(&[Rank::Second, Rank::Third])),
            ("read", inner.work.reads.amounts(&all)),
        ]
        .map(|(class, amounts)| {
            let Amounts {
                under_way,
                waiting,
                shed,
            } = amounts;
            WorkFigures {
                class,
                under_way: under_way as u64,
                waiting: waiting as u64,
                shed,
            }
        })
        .to_vec()
    }
}

/// The requests that change something, from their beginning to their answer, by address. They wait
/// for their turn later, when it is known who makes the change.
#[derive(Default)]
struct Tickets(Arc<Held>);

#[derive(Default)]
struct Held {
    by_address: Mutex<HashMap<Neighbourhood, usize>>,
    all: AtomicU64,
}

struct Ticket {
    held: Arc<Held>,
    from: Neighbourhood,
}

impl Tickets {
    /// Whether another request of this address may enter, where about `most` can be answered in
    /// time. If there are as many, an address with less than its share may enter all the same, up
    /// to twice as many. So a flood from some addresses doesn't keep out the others.
    fn may_enter(&self, from: Neighbourhood, most: usize) -> bool {
        let all = usize::try_from(self.0.all.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        if all < most {
            return true;
        }
        let by_address = self.0.by_address.lock();
        let own = by_address.get(&from).copied().unwrap_or_default();
        let addresses = by_address.len() + usize::from(own == 0);
        all < 2 * most && own < most / addresses.max(1)
    }

    fn enter(&self, from: Neighbourhood) -> Ticket {
        *self.0.by_address.lock().entry(from).or_default() += 1;
        self.0.all.fetch_add(1, Ordering::Relaxed);
        Ticket {
            held: Arc::clone(&self.0),
            from,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.held.all.fetch_sub(1, Ordering::Relaxed);
        let mut by_address = self.held.by_address.lock();
        if let Some(own) = by_address.get_mut(&self.from) {
            *own -= 1;
            if *own == 0 {
                by_address.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Neighbourhood {
        IpAddr::from([192, 0, 2, last]).into()
    }

    #[test]
    fn a_flood_from_one_address_leaves_room_for_another() {
        let tickets = Tickets::default();
        let mut flood = Vec::new();
        while tickets.may_enter(address(1), 10) {
            flood.push(tickets.enter(address(1)));
        }
        assert_eq!(flood.len(), 10);
        let mut other = Vec::new();
        while tickets.may_enter(address(2), 10) {
            other.push(tickets.enter(address(2)));
        }
        assert_eq!(other.len(), 5);
        assert!(!tickets.may_enter(address(1), 10));
        drop(flood);
        assert!(tickets.may_enter(address(1), 10));
        drop(other);
        assert!(tickets.0.by_address.lock().is_empty());
    }
}

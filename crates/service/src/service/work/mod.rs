//! The classes of work, and what each may take. A flood of one class leaves the others their time
//! at the database, and what can't be done in time is refused at once.

pub(crate) mod places;

use std::net::IpAddr;

use ats_pat_domain::{Neighbourhood, Problem};

use crate::service::Service;
use crate::service::turns::{Amounts, Claim, Rank, Turn};
use crate::service::work::places::Ticket;

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
                let ticket = self.inner.work.changing.enter(address.into());
                return Ok(Entered {
                    _place: Place::Ticket { _ticket: ticket },
                });
            }
            Work::Read => &self.inner.work.reads,
            Work::Check => &self.inner.work.checks,
        };
        let claim = Claim {
            from: Neighbourhood::from(address),
            rank: Rank::Third,
        };
        let turn = turns.turn(claim).await.ok_or(Problem::Unavailable)?;
        Ok(Entered {
            _place: Place::Turn { _turn: turn },
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

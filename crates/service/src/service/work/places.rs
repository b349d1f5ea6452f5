//! The turns and tickets of requests, by class.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ats_pat_domain::Neighbourhood;
use ats_pat_domain::port::Capacity;
use parking_lot::Mutex;

use crate::service::turns::{Firsts, Rules, Turns};

/// How many reads may wait, even if they could be answered in time.
const WAITING: usize = 2048;
/// The longest time that a list or a page may take with its wait.
const PATIENCE_OF_READS: Duration = Duration::from_secs(1);
/// The longest time that a check of an authentication token may take with its wait.
const PATIENCE_OF_CHECKS: Duration = Duration::from_secs(5);

/// The turns of requests.
pub(crate) struct WorkTurns {
    pub(super) reads: Turns<Neighbourhood>,
    pub(super) checks: Turns<Neighbourhood>,
    pub(super) changing: Tickets,
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

/// The requests that change something, from their beginning to their answer, by address. They wait
/// for their turn later, when it is known who makes the change.
#[derive(Default)]
pub(super) struct Tickets(Arc<Held>);

#[derive(Default)]
struct Held {
    by_address: Mutex<HashMap<Neighbourhood, usize>>,
    all: AtomicU64,
}

/// A place among them, until it is dropped.
pub(super) struct Ticket {
    held: Arc<Held>,
    from: Neighbourhood,
}

impl Tickets {
    /// Whether another request of this address may enter, where about `most` can be answered in
    /// time. If there are as many, an address with less than its share may enter all the same, up
    /// to twice as many. So a flood from some addresses doesn't keep out the others.
    pub(super) fn may_enter(&self, from: Neighbourhood, most: usize) -> bool {
        let all = usize::try_from(self.0.all.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        if all < most {
            return true;
        }
        let by_address = self.0.by_address.lock();
        let own = by_address.get(&from).copied().unwrap_or_default();
        let addresses = by_address.len() + usize::from(own == 0);
        all < 2 * most && own < most / addresses.max(1)
    }

    pub(super) fn enter(&self, from: Neighbourhood) -> Ticket {
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
    use std::net::IpAddr;

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

//! The turns of this program's changes.

use std::sync::Arc;

use ats_pat_domain::port::ChangeOrder;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// How many changes of one program use the database at once. Usually the waiting changes wait at
/// the counter row, where the next begins as soon as one ends. But a node of a Galera cluster gets
/// only one change at a time, because a commit on another node aborts every transaction that has
/// the row or waits for it.
pub(crate) struct Turns {
    turns: Arc<Semaphore>,
    /// Of the changes that come last, only one at a time waits for a turn. So changes that come
    /// first wait behind at most one of them.
    gate: Mutex<()>,
}

/// Given back when dropped.
pub(crate) struct Turn {
    _turn: OwnedSemaphorePermit,
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once)),
            gate: Mutex::default(),
        }
    }

    /// `None` if the program is ending.
    pub(crate) async fn take(&self, order: ChangeOrder) -> Option<Turn> {
        let _gate = match order {
            ChangeOrder::First => None,
            ChangeOrder::Last => Some(self.gate.lock().await),
        };
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        Some(Turn { _turn: turn })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as Record;

    use super::*;

    #[tokio::test]
    async fn what_was_tried_before_goes_first() {
        let turns = Turns::new(1);
        let taken = Record::new(Vec::new());
        let one = async |order, name| {
            let _turn = turns.take(order).await;
            taken.lock().unwrap().push(name);
        };
        let held = turns.take(ChangeOrder::Last).await;
        let release = async { drop(held) };
        tokio::join!(
            one(ChangeOrder::Last, "first new"),
            one(ChangeOrder::Last, "second new"),
            one(ChangeOrder::First, "again"),
            release,
        );
        assert_eq!(*taken.lock().unwrap(), ["first new", "again", "second new"]);
    }
}

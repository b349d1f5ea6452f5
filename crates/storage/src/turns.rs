//! Whose change is under way in this program.

use std::sync::Arc;

use ats_pat_domain::port::ChangeOrder;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// One turn at a time. Waiting here instead of at the counter row, only one transaction of a program can be put out by
/// another node of a cluster.
#[derive(Default)]
pub(crate) struct Turns {
    turn: Arc<Mutex<()>>,
    /// Of those that come last, one at a time waits for the turn itself: so those that come first have one before them.
    gate: Mutex<()>,
}

/// Given back when dropped.
pub(crate) struct Turn {
    _turn: OwnedMutexGuard<()>,
}

impl Turns {
    pub(crate) async fn take(&self, order: ChangeOrder) -> Turn {
        let _gate = match order {
            ChangeOrder::First => None,
            ChangeOrder::Last => Some(self.gate.lock().await),
        };
        Turn {
            _turn: Arc::clone(&self.turn).lock_owned().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as Record;

    use super::*;

    #[tokio::test]
    async fn what_was_tried_before_goes_first() {
        let turns = Turns::default();
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

//! Reads the event log ahead, and checks its pages on several threads.

use std::future::Future;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use ats_pat_domain::event::{Event, Head};
use ats_pat_domain::port::StoreError;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::ledger::reading_ahead::finished;
use crate::ledger::rows::Roots;
use crate::ledger::{
    Details, QUARANTINED, REFUSED_ROWS, WrittenRow, follows, personal_part_is_genuine,
};

/// An event, and what can be told of it by itself and by the head of the event before.
pub(super) struct Checked {
    pub(super) event: Event,
    /// Whether it has the next number and the right hash.
    pub(super) follows: bool,
    /// Whether its personal part is the one that the chain covers.
    pub(super) personal_is_genuine: bool,
    /// Rows that its change ended because they were planted or altered. They are reported for
    /// ever.
    pub(super) ended: Vec<String>,
    /// The rows that it wrote. `None` if its details can't be read.
    pub(super) rows: Option<Vec<WrittenRow<'static>>>,
}

impl Checked {
    fn of(roots: &Roots, before: &Head, event: Event) -> Self {
        let rows = Details::of_either(&event).map(|details| {
            let rows = details.rows.into_iter();
            rows.map(WrittenRow::into_owned).collect()
        });
        Self {
            follows: follows(roots, before, &event),
            personal_is_genuine: personal_part_is_genuine(roots, &event),
            ended: ended(&event),
            rows,
            event,
        }
    }
}

fn ended(event: &Event) -> Vec<String> {
    let details: Value = serde_json::from_slice(&event.details).unwrap_or_default();
    let rows = |detail| {
        let rows = details.get(detail).and_then(Value::as_array);
        rows.into_iter().flatten().filter_map(Value::as_str)
    };
    let quarantined = rows(QUARANTINED).map(|row| {
        format!(
            "row {row} was planted or altered, and was ended by event {}",
            event.seq
        )
    });
    let refused = rows(REFUSED_ROWS).map(|row| {
        format!(
            "row {row} differed from its last event, and the upgrade (event {}) left it as it was",
            event.seq
        )
    });
    quarantined.chain(refused).collect()
}

/// The pages of the log in their order. While one of them is used, as many as the machine has
/// processors are checked, and one more is read. So no more of them are in memory.
pub(super) struct Pages {
    checked: mpsc::Receiver<JoinHandle<Vec<Checked>>>,
    reading: JoinHandle<Result<(), StoreError>>,
}

impl Pages {
    /// The events after `after`, at least up to number `through` if there are so many. `read` gives
    /// a page that begins with a number.
    pub(super) fn new<F>(
        roots: Arc<Roots>,
        after: Head,
        through: i64,
        read: impl Fn(i64) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<Event>, StoreError>> + Send,
    {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let (checking, checked) = mpsc::channel(processors);
        let reading = tokio::spawn(async move {
            let mut before = after;
            while before.seq < through
                && let Some(next) = before.next()
            {
                let page = read(next).await?;
                let Some(last) = page.last().map(Event::head) else {
                    break;
                };
                let roots = Arc::clone(&roots);
                let check = spawn_blocking(move || check(&roots, before, page));
                if checking.send(check).await.is_err() {
                    // Nobody needs more.
                    break;
                }
                before = last;
            }
            Ok(())
        });
        Self { checked, reading }
    }

    /// The next page. `None` behind the last one, and then it must not be asked for again.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Checked>>, StoreError> {
        match self.checked.recv().await {
            Some(check) => Ok(Some(finished(check).await)),
            // Why it ended matters: a page that could not be read is not the end of the log.
            None => finished(&mut self.reading).await.map(|()| None),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

fn check(roots: &Roots, mut before: Head, page: Vec<Event>) -> Vec<Checked> {
    let each = page.into_iter().map(|event| {
        let after = event.head();
        let checked = Checked::of(roots, &before, event);
        before = after;
        checked
    });
    each.collect()
}

#[cfg(test)]
mod tests;

//! Reads of grants. A secret is read once for all requests that wait for it, and one statement
//! reads all that came while the database was busy.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::known::SecretHash;
use super::load::{Load, PATIENCE};
use crate::service::turns::{Amounts, Tempo};

/// How many secrets may wait, even if they could be read in time.
const MOST_WAITING: usize = 8192;

/// A queue of reads. The requests in it don't wait for those in another.
pub(in crate::cache) struct Reads {
    /// How many statements may run at once.
    most_readers: usize,
    /// How many secrets a statement may name.
    most_at_once: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wanted: HashMap<SecretHash, Arc<Load>>,
    waiting: VecDeque<(SecretHash, Arc<Load>)>,
    readers: usize,
    /// The secrets that statements read now.
    under_way: usize,
    /// Of statements.
    tempo: Tempo,
    shed: u64,
}

impl State {
    /// Whether no request waits for this read any more, because only this queue refers to it.
    fn is_given_up(&self, hash: &SecretHash, load: &Arc<Load>) -> bool {
        let wanted = self.wanted.get(hash);
        wanted.is_some_and(|wanted| Arc::ptr_eq(wanted, load)) && Arc::strong_count(load) == 2
    }
}

/// A reader of this queue, which reads until it is empty. If it is dropped earlier, another one can
/// start.
pub(in crate::cache) struct Reader<'a> {
    reads: &'a Reads,
    /// When the statement under way began, and how many secrets it reads.
    reading: Option<(Duration, usize)>,
    ended: bool,
}

impl Reads {
    pub(super) fn new(most_readers: usize, most_at_once: usize) -> Self {
        Self {
            most_readers,
            most_at_once,
            state: Mutex::default(),
        }
    }

    /// Returns a read of this secret whose statement is sent at `earliest` or later. `None` if so
    /// many wait that it could not be answered in time.
    pub(in crate::cache) fn join_or_ask(
        &self,
        hash: SecretHash,
        earliest: Duration,
        now: Duration,
    ) -> Option<Arc<Load>> {
        let mut state = self.state.lock();
        if let Some(load) = state.wanted.get(&hash)
            && load.begins_at_or_after(earliest)
        {
            return Some(Arc::clone(load));
        }
        if state.waiting.len() >= self.room(&state, now) {
            state.shed += 1;
            return None;
        }
        let load = Arc::new(Load::new());
        state.wanted.insert(hash, Arc::clone(&load));
        state.waiting.push_back((hash, Arc::clone(&load)));
        Some(load)
    }

    /// How many secrets may wait. As many as one round reads always may, because a database that
    /// hung may answer again.
    fn room(&self, state: &State, now: Duration) -> usize {
        let at_once = self.most_readers * self.most_at_once;
        let busy_at = (state.readers == self.most_readers).then_some(now);
        let room = state.tempo.room(at_once, PATIENCE, busy_at);
        room.clamp(at_once, MOST_WAITING)
    }

    /// How many secrets are read, wait or were refused.
    pub(super) fn amounts(&self) -> Amounts {
        let state = self.state.lock();
        Amounts {
            under_way: state.under_way,
            waiting: state.waiting.len(),
            shed: state.shed,
        }
    }

    /// Whether another reader could read something that waits.
    pub(in crate::cache) fn is_short_of_readers(&self) -> bool {
        let state = self.state.lock();
        !state.waiting.is_empty() && state.readers < self.most_readers
    }

    /// Starts another reader, if there may be one more.
    pub(in crate::cache) fn reader(&self) -> Option<Reader<'_>> {
        let mut state = self.state.lock();
        if state.readers == self.most_readers {
            return None;
        }
        state.readers += 1;
        Some(Reader {
            reads: self,
            reading: None,
            ended: false,
        })
    }
}

impl Reader<'_> {
    /// The secrets to read next, by one statement that begins `now`. If there are none, the reader
    /// ends.
    pub(in crate::cache) fn next(&mut self, now: Duration) -> Vec<(SecretHash, Arc<Load>)> {
        let mut state = self.reads.state.lock();
        self.end_statement(&mut state, Some(now));
        let mut next = Vec::new();
        while next.len() < self.reads.most_at_once
            && let Some((hash, load)) = state.waiting.pop_front()
        {
            if state.is_given_up(&hash, &load) {
                state.wanted.remove(&hash);
            } else {
                next.push((hash, load));
            }
        }
        if next.is_empty() && !self.ended {
            // Under the same lock, so that the next request sees that this reader is gone.
            state.readers -= 1;
            self.ended = true;
        }
        for (_, load) in &next {
            load.begin(now);
        }
        if !next.is_empty() {
            state.under_way += next.len();
            state.tempo.begin(now);
            self.reading = Some((now, next.len()));
        }
        next
    }

    /// Counts the end of the statement under way. Without a time it was broken off.
    fn end_statement(&mut self, state: &mut State, now: Option<Duration>) {
        let Some((began, secrets)) = self.reading.take() else {
            return;
        };
        state.under_way -= secrets;
        if let Some(now) = now {
            let took = now.saturating_sub(began);
            state.tempo.end(took, 2 * PATIENCE, now);
        }
    }

    /// Lets no more requests join this read.
    pub(in crate::cache) fn forget(&self, hash: &SecretHash, load: &Arc<Load>) {
        let mut state = self.reads.state.lock();
        let wanted = state.wanted.get(hash);
        if wanted.is_some_and(|wanted| Arc::ptr_eq(wanted, load)) {
            state.wanted.remove(hash);
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut state = self.reads.state.lock();
        self.end_statement(&mut state, None);
        if !self.ended {
            state.readers -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(10);

    #[must_use = "a read that nobody waits for is skipped"]
    fn wait_for(reads: &Reads, secrets: std::ops::Range<u8>) -> Vec<Arc<Load>> {
        let wait = |secret| reads.join_or_ask([secret; 32], NOW, NOW).unwrap();
        secrets.map(wait).collect()
    }

    fn read(next: &[(SecretHash, Arc<Load>)]) -> Vec<u8> {
        next.iter().map(|(hash, _)| hash[0]).collect()
    }

    #[test]
    fn waiting_secrets_are_read_together_in_order_up_to_a_limit() {
        let reads = Reads::new(1, 3);
        let _waiting = wait_for(&reads, 0..5);
        let mut reader = reads.reader().unwrap();
        assert!(reads.reader().is_none() && !reads.is_short_of_readers());
        assert_eq!(read(&reader.next(NOW)), [0, 1, 2]);
        assert_eq!(read(&reader.next(NOW)), [3, 4]);
        assert!(reader.next(NOW).is_empty());
        // The reader is still there.
        let _one_more = wait_for(&reads, 5..6);
        assert!(reads.is_short_of_readers());
        drop(reader);
        assert!(reads.reader().is_some());
    }

    #[test]
    fn an_interrupted_reader_leaves_its_place_to_another() {
        let reads = Reads::new(1, 3);
        let _waiting = wait_for(&reads, 0..5);
        reads.reader().unwrap().next(NOW);
        assert!(reads.is_short_of_readers() && reads.reader().is_some());
    }

    #[test]
    fn a_read_that_nobody_waits_for_any_more_is_skipped() {
        let reads = Reads::new(1, 3);
        let waiting = wait_for(&reads, 0..6);
        let joined = reads.join_or_ask([1; 32], NOW, NOW);
        drop(waiting);
        let _later = wait_for(&reads, 6..8);
        let mut reader = reads.reader().unwrap();
        assert_eq!(read(&reader.next(NOW)), [1, 6, 7]);
        drop(joined);
        let again = wait_for(&reads, 0..1);
        assert_eq!(read(&reader.next(NOW)), [0]);
        drop(again);
    }

    #[test]
    fn the_number_of_waiting_secrets_is_limited() {
        let reads = Reads::new(1, 3);
        let secret = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            hash
        };
        let wait = |number| reads.join_or_ask(secret(number), NOW, NOW);
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|number| wait(number).unwrap())
            .collect();
        assert!(wait(MOST_WAITING).is_none());
        assert!(wait(7).is_some_and(|joined| Arc::ptr_eq(&joined, &waiting[7])));
        reads.reader().unwrap().next(NOW);
        assert!(wait(MOST_WAITING).is_some());
    }

    #[test]
    fn a_read_is_joined_unless_its_statement_was_sent_too_early() {
        let reads = Reads::new(1, 3);
        let first = reads.join_or_ask([1; 32], NOW, NOW).unwrap();
        let later = NOW + Duration::from_secs(1);
        assert!(Arc::ptr_eq(
            &first,
            &reads.join_or_ask([1; 32], later, later).unwrap()
        ));
        let mut reader = reads.reader().unwrap();
        reader.next(NOW);
        assert!(Arc::ptr_eq(
            &first,
            &reads.join_or_ask([1; 32], NOW, NOW).unwrap()
        ));
        let second = reads.join_or_ask([1; 32], later, later).unwrap();
        assert!(!Arc::ptr_eq(&first, &second));
        // The end of the first read doesn't end the read that was asked for after it.
        reader.forget(&[1; 32], &first);
        assert!(Arc::ptr_eq(
            &second,
            &reads.join_or_ask([1; 32], later, later).unwrap()
        ));
    }
}

//! Reads of grants: each secret is read once for all who want it, and those that are wanted while
//! the database is busy are read by one statement.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::known::SecretHash;
use super::load::Load;

/// How many secrets may wait: as many as are read in a few seconds by a database that is slow.
const MOST_WAITING: usize = 8192;

/// Reads that wait for each other, and for no others.
pub(in crate::cache) struct Reads {
    /// How many statements may be under way at once.
    most_readers: usize,
    /// How many secrets one statement may name.
    most_at_once: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wanted: HashMap<SecretHash, Arc<Load>>,
    waiting: VecDeque<(SecretHash, Arc<Load>)>,
    readers: usize,
}

impl State {
    /// Whether nobody waits for a read any more: it is held only where it is kept.
    fn is_given_up(&self, hash: &SecretHash, load: &Arc<Load>) -> bool {
        let wanted = self.wanted.get(hash);
        wanted.is_some_and(|wanted| Arc::ptr_eq(wanted, load)) && Arc::strong_count(load) == 2
    }
}

/// Somebody who reads what waits, until nothing does. Dropped before, another one can begin.
pub(in crate::cache) struct Reader<'a> {
    reads: &'a Reads,
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

    /// A read of this secret whose statement is sent at `earliest` or later; `None` where too many
    /// wait already.
    pub(in crate::cache) fn join_or_ask(
        &self,
        hash: SecretHash,
        earliest: Duration,
    ) -> Option<Arc<Load>> {
        let mut state = self.state.lock();
        if let Some(load) = state.wanted.get(&hash)
            && load.begins_at_or_after(earliest)
        {
            return Some(Arc::clone(load));
        }
        if state.waiting.len() == MOST_WAITING {
            return None;
        }
        let load = Arc::new(Load::new());
        state.wanted.insert(hash, Arc::clone(&load));
        state.waiting.push_back((hash, Arc::clone(&load)));
        Some(load)
    }

    /// Whether something waits that one more reader could read.
    pub(in crate::cache) fn is_short_of_readers(&self) -> bool {
        let state = self.state.lock();
        !state.waiting.is_empty() && state.readers < self.most_readers
    }

    /// One more reader, if there may be.
    pub(in crate::cache) fn reader(&self) -> Option<Reader<'_>> {
        let mut state = self.state.lock();
        if state.readers == self.most_readers {
            return None;
        }
        state.readers += 1;
        Some(Reader {
            reads: self,
            ended: false,
        })
    }
}

impl Reader<'_> {
    /// What to read next, all at once; begun `now`. Nothing ends the reader.
    pub(in crate::cache) fn next(&mut self, now: Duration) -> Vec<(SecretHash, Arc<Load>)> {
        let mut state = self.reads.state.lock();
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
            // Under the same lock: who asks from now on finds one reader less.
            state.readers -= 1;
            self.ended = true;
        }
        for (_, load) in &next {
            load.begin(now);
        }
        next
    }

    /// Nobody joins this read any more.
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
        if !self.ended {
            self.reads.state.lock().readers -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(10);

    #[must_use = "what nobody waits for is not read"]
    fn wait_for(reads: &Reads, secrets: std::ops::Range<u8>) -> Vec<Arc<Load>> {
        let wait = |secret| reads.join_or_ask([secret; 32], NOW).unwrap();
        secrets.map(wait).collect()
    }

    fn read(next: &[(SecretHash, Arc<Load>)]) -> Vec<u8> {
        next.iter().map(|(hash, _)| hash[0]).collect()
    }

    #[test]
    fn what_waits_is_read_at_once_up_to_a_bound_and_in_order() {
        let reads = Reads::new(1, 3);
        let _waiting = wait_for(&reads, 0..5);
        let mut reader = reads.reader().unwrap();
        assert!(reads.reader().is_none() && !reads.is_short_of_readers());
        assert_eq!(read(&reader.next(NOW)), [0, 1, 2]);
        assert_eq!(read(&reader.next(NOW)), [3, 4]);
        assert!(reader.next(NOW).is_empty());
        // Although the reader is still there.
        let _one_more = wait_for(&reads, 5..6);
        assert!(reads.is_short_of_readers());
        drop(reader);
        assert!(reads.reader().is_some());
    }

    #[test]
    fn a_reader_that_broke_off_leaves_its_place_to_another() {
        let reads = Reads::new(1, 3);
        let _waiting = wait_for(&reads, 0..5);
        reads.reader().unwrap().next(NOW);
        assert!(reads.is_short_of_readers() && reads.reader().is_some());
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_read() {
        let reads = Reads::new(1, 3);
        let waiting = wait_for(&reads, 0..6);
        let joined = reads.join_or_ask([1; 32], NOW);
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
    fn only_so_many_wait() {
        let reads = Reads::new(1, 3);
        let secret = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            hash
        };
        let wait = |number| reads.join_or_ask(secret(number), NOW);
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|number| wait(number).unwrap())
            .collect();
        assert!(wait(MOST_WAITING).is_none());
        assert!(wait(7).is_some_and(|joined| Arc::ptr_eq(&joined, &waiting[7])));
        reads.reader().unwrap().next(NOW);
        assert!(wait(MOST_WAITING).is_some());
    }

    #[test]
    fn a_read_is_joined_until_its_statement_was_sent_before_the_earliest() {
        let reads = Reads::new(1, 3);
        let first = reads.join_or_ask([1; 32], NOW).unwrap();
        let later = NOW + Duration::from_secs(1);
        assert!(Arc::ptr_eq(
            &first,
            &reads.join_or_ask([1; 32], later).unwrap()
        ));
        let mut reader = reads.reader().unwrap();
        reader.next(NOW);
        assert!(Arc::ptr_eq(
            &first,
            &reads.join_or_ask([1; 32], NOW).unwrap()
        ));
        let second = reads.join_or_ask([1; 32], later).unwrap();
        assert!(!Arc::ptr_eq(&first, &second));
        // The end of the first does not end what was asked for after it.
        reader.forget(&[1; 32], &first);
        assert!(Arc::ptr_eq(
            &second,
            &reads.join_or_ask([1; 32], later).unwrap()
        ));
    }
}

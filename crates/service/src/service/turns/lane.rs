//! Claims that wait, of one rank.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use tokio::sync::oneshot;

/// The waiting claims by who makes them, and the order in which these have their turns. `T` is what
/// a claim waits for.
pub(super) struct Lane<K, T> {
    waiting: HashMap<K, VecDeque<oneshot::Sender<T>>>,
    order: VecDeque<K>,
}

impl<K, T> Default for Lane<K, T> {
    fn default() -> Self {
        Self {
            waiting: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<K: Copy + Eq + Hash, T> Lane<K, T> {
    pub(super) fn push(&mut self, from: K, sender: oneshot::Sender<T>) {
        let waiting = self.waiting.entry(from).or_default();
        if waiting.is_empty() {
            self.order.push_back(from);
        }
        waiting.push_back(sender);
    }

    /// The oldest claim of the next one. That one then goes behind all others.
    pub(super) fn pop(&mut self) -> Option<oneshot::Sender<T>> {
        let from = self.order.pop_front()?;
        let waiting = self.waiting.get_mut(&from)?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&from);
        } else {
            self.order.push_back(from);
        }
        next
    }

    pub(super) fn length(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    pub(super) fn length_of(&self, from: K) -> usize {
        self.waiting.get(&from).map_or(0, VecDeque::len)
    }

    pub(super) fn longest(&self) -> Option<(K, usize)> {
        let lengths = self
            .waiting
            .iter()
            .map(|(from, waiting)| (*from, waiting.len()));
        lengths.max_by_key(|(_, length)| *length)
    }

    pub(super) fn drop_newest(&mut self, from: K) {
        if let Some(waiting) = self.waiting.get_mut(&from) {
            waiting.pop_back();
        }
        self.forget_gone();
    }

    /// Forgets claims whose callers hung up, and those who have no claim left.
    pub(super) fn forget_gone(&mut self) {
        self.waiting.retain(|_, waiting| {
            waiting.retain(|sender| !sender.is_closed());
            !waiting.is_empty()
        });
        let waiting = &self.waiting;
        self.order.retain(|from| waiting.contains_key(from));
    }
}

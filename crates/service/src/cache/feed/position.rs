//! The position of the feed, and the log that it is in.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ats_pat_domain::event::Head;

/// The position of the feed when a read began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AsOf {
    /// The log. Its number changes when the log goes back. It is odd while that happens.
    log: u64,
    pub(super) seq: i64,
}

impl AsOf {
    /// Whether a read that began here, and saw the log end with `head`, saw at least all applied
    /// events. If not, the read was answered by a server that is no longer the primary.
    pub(crate) fn is_covered_by(self, head: Head) -> bool {
        head.seq >= self.seq
    }

    /// Whether both positions are in the same log.
    pub(crate) fn is_in_log_of(self, other: Self) -> bool {
        self.log == other.log
    }
}

/// The last applied event, and its log.
pub(super) struct Position {
    log: AtomicU64,
    seq: AtomicI64,
}

impl Position {
    pub(super) fn new() -> Self {
        // Nothing can be cached before the first poll.
        Self {
            log: AtomicU64::new(1),
            seq: AtomicI64::new(0),
        }
    }

    /// `None` while another log begins, because nothing that is read now can be cached.
    pub(super) fn now(&self) -> Option<AsOf> {
        let log = self.log.load(Ordering::Acquire);
        let seq = self.seq.load(Ordering::Acquire);
        // If another log began in between, its number has changed by now.
        let is_one_log = log.is_multiple_of(2) && self.log.load(Ordering::Acquire) == log;
        is_one_log.then_some(AsOf { log, seq })
    }

    pub(super) fn seq(&self) -> i64 {
        self.seq.load(Ordering::Acquire)
    }

    pub(super) fn is_same_log(&self, as_of: AsOf) -> bool {
        self.log.load(Ordering::Acquire) == as_of.log
    }

    pub(super) fn advance(&self, seq: i64) {
        self.seq.store(seq, Ordering::Release);
    }

    /// Starts with another log, at `seq`. `clear` forgets everything about the log before.
    pub(super) fn begin_anew(&self, seq: i64, clear: impl FnOnce()) {
        let log = self.log.load(Ordering::Acquire);
        self.log.store(log | 1, Ordering::SeqCst);
        clear();
        self.seq.store(seq, Ordering::SeqCst);
        self.log.store((log | 1) + 1, Ordering::SeqCst);
    }
}

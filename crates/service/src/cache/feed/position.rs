//! How far the feed came, and in which log.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ats_pat_domain::event::Head;

/// Where the feed stood when a read began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AsOf {
    /// Which log: every going back begins another one. Odd while one begins.
    log: u64,
    pub(super) seq: i64,
}

impl AsOf {
    /// Whether a read that began here and ended the log with `head` saw at least what was applied.
    /// One that did not was answered by a server that is the primary no more.
    pub(crate) fn is_covered_by(self, head: Head) -> bool {
        head.seq >= self.seq
    }

    /// Whether no other log began between the two.
    pub(crate) fn is_in_log_of(self, other: Self) -> bool {
        self.log == other.log
    }
}

/// The last event that was applied, and the log it stands in.
pub(super) struct Position {
    log: AtomicU64,
    seq: AtomicI64,
}

impl Position {
    pub(super) fn new() -> Self {
        // Nothing can be kept before the first poll.
        Self {
            log: AtomicU64::new(1),
            seq: AtomicI64::new(0),
        }
    }

    /// `None` while another log begins: then nothing that is read can be kept.
    pub(super) fn now(&self) -> Option<AsOf> {
        let log = self.log.load(Ordering::Acquire);
        let seq = self.seq.load(Ordering::Acquire);
        // A log that began between the two has another number by now.
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

    /// Begins another log, which stands at `seq`; `clear` forgets what was noted of the one before.
    pub(super) fn begin_anew(&self, seq: i64, clear: impl FnOnce()) {
        let log = self.log.load(Ordering::Acquire);
        self.log.store(log | 1, Ordering::SeqCst);
        clear();
        self.seq.store(seq, Ordering::SeqCst);
        self.log.store((log | 1) + 1, Ordering::SeqCst);
    }
}

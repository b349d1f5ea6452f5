//! The parts that threads add to.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of parts. With more threads than this, some share a part, which is only slower.
pub(crate) const PARTS: usize = 16;

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % PARTS;
}

/// The part of this thread.
pub(crate) fn mine() -> usize {
    MINE.with(|part| *part)
}

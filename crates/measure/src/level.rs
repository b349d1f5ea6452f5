use std::sync::atomic::{AtomicI64, Ordering};

/// How many of something there are now.
#[derive(Debug, Default)]
pub struct Level(AtomicI64);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Stay<'a>(&'a Level);

impl Level {
    /// Counts one more, until the value that this returns is dropped.
    pub fn enter(&self) -> Stay<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Stay(self)
    }

    /// How many there are.
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

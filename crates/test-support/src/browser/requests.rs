//! The requests that were read and not asked for yet.

use parking_lot::{Mutex, MutexGuard};

/// ChromeDriver gives each entry once: what was read and not asked for yet.
#[derive(Default)]
pub struct Requests(Mutex<Vec<String>>);

impl Requests {
    /// The addresses so far.
    pub fn so_far(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock()
    }
}

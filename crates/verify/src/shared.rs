//! What the verifiers of one issuer share with the background task.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{Clock, keys::Keys, revocation::Revocation, settings::Settings};
use parking_lot::Mutex;

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Keys,
    pub(crate) revocation: Revocation,
    /// Whether the background task runs.
    pub(crate) following: AtomicBool,
    /// Why the keys could not be read the last time.
    pub(crate) keys_trouble: LastTrouble,
    /// Why the status list could not be read the last time.
    pub(crate) list_trouble: LastTrouble,
}

/// Why the last reading failed; nothing if it succeeded.
#[derive(Default)]
pub(crate) struct LastTrouble(Mutex<Option<String>>);

impl LastTrouble {
    pub(crate) fn set(&self, cause: Option<String>) {
        *self.0.lock() = cause;
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0.lock().clone()
    }
}

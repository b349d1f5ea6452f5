//! What the verifiers of one issuer and the background task share.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{Clock, builder::Settings, keys::Keys, revocation::Revocation};

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Keys,
    pub(crate) revocation: Revocation,
    /// Whether the background task runs.
    pub(crate) following: AtomicBool,
}

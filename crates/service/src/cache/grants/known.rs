//! A grant in memory, and what decides whether it still counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use crate::cache::feed::AsOf;
use crate::cache::grants::grant::Grant;
use crate::cache::ring::RingState;

/// The keyed hash of a secret.
pub(crate) type SecretHash = [u8; 32];

/// A grant as it was read, and where the feed was when the read began.
pub(crate) struct Known {
    pub(crate) grant: Grant,
    /// `None` where it is not kept.
    pub(in crate::cache) as_of: Option<AsOf>,
    /// Where the feed was when it vouched for it last; -1 before.
    pub(in crate::cache) vouched_at: AtomicI64,
    /// Whether the log that the feed follows was found to hold what the read saw.
    pub(in crate::cache) confirmed: AtomicBool,
}

impl Known {
    pub(in crate::cache) fn new(grant: Grant, as_of: Option<AsOf>) -> Self {
        Self {
            grant,
            as_of,
            vouched_at: AtomicI64::new(-1),
            confirmed: AtomicBool::new(false),
        }
    }
}

/// A grant to decide on, and the keys to sign with.
pub(crate) struct Found {
    pub(crate) known: Arc<Known>,
    pub(crate) ring: Arc<RingState>,
}

//! A grant in memory, and whether it still counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::Duration;

use crate::cache::feed::AsOf;
use crate::cache::grants::grant::CachedGrant;
use crate::cache::ring::RingState;

/// The keyed hash of a secret.
pub(crate) type SecretHash = [u8; 32];

/// A grant, and the position of the feed when its read began.
pub(crate) struct Known {
    pub(crate) grant: CachedGrant,
    /// `None` if the grant is not cached.
    pub(in crate::cache) as_of: Option<AsOf>,
    /// The position of the feed when it last vouched for the grant, or -1.
    pub(in crate::cache) vouched_at: AtomicI64,
    /// Whether the log that the feed follows was found to have everything that the read saw.
    pub(in crate::cache) confirmed: AtomicBool,
    /// Until when other servers may answer by secrets that this one took the place of, as a time
    /// since boot.
    pub(in crate::cache) settles_at: Option<Duration>,
}

impl Known {
    pub(in crate::cache) fn new(
        grant: CachedGrant,
        as_of: Option<AsOf>,
        settles_at: Option<Duration>,
    ) -> Self {
        Self {
            grant,
            as_of,
            vouched_at: AtomicI64::new(-1),
            confirmed: AtomicBool::new(false),
            settles_at,
        }
    }
}

/// A grant to decide on, and the signing keys.
pub(crate) struct Found {
    pub(crate) known: Arc<Known>,
    pub(crate) ring: Arc<RingState>,
}

//! The ports: what the rules need from the world.
//!
//! `ats-pat-storage` implements [`Store`], `ats-pat-service` has the system's [`Clock`] and
//! [`Randomness`]; tests bring their own clock and seeded randomness.

mod change;
mod error;
mod repository;
mod store;

use std::time::Duration;

pub use change::{
    EventLog, KeyChanges, OperatorKeyChanges, PolicyChanges, SessionChanges, SetupLinkChanges,
    StatusChanges, TokenChanges, UserChanges,
};
pub use error::{BoxError, CommitError, StorageFailure, StoreError};
pub use repository::{
    Bearer, EventRepository, FoundSession, Grant, KeyRepository, ListedOperatorKey, ListedToken,
    OperatorKeyRepository, PolicyRepository, Repositories, SecretRepository, SessionRepository,
    SetupLink, SetupLinkRepository, SignOfLife, StatusRepository, StoredPolicy, StoredRing,
    TokenPage, TokenRepository, UserPage, UserRepository,
};
pub use store::{ChangeOrder, Retagged, RowKey, Store, Transaction, UsageRecord};

use crate::time::Timestamp;

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Time since the machine started, suspension included (CLOCK_BOOTTIME): for leases and limits,
    /// which a changed wall clock must not move.
    fn since_boot(&self) -> Duration;
}

/// Where secrets come from.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` from a cryptographically secure source.
    ///
    /// # Errors
    /// [`RandomnessUnavailable`]; then nothing may be made from `bytes`.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable>;
}

/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source gives no bytes")]
pub struct RandomnessUnavailable;

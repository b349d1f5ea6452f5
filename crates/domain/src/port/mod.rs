//! The ports: database, clock and randomness.
//!
//! `ats-pat-storage` implements [`Store`]. `ats-pat-service` implements [`Clock`] and
//! [`Randomness`] by the system's. `ats-pat-identity` implements [`IdentityProvider`]. Tests have
//! their own clock and seeded randomness.

mod change;
mod error;
mod figures;
mod identity;
mod pruning;
mod repository;
mod store;
mod token_repository;

use std::time::Duration;

pub use change::{
    DirectoryGroupChanges, EventLog, IdentityChanges, KeyChanges, OperatorKeyChanges,
    PolicyChanges, SessionChanges, SetupLinkChanges, StatusChanges, TokenChanges, UserChanges,
};
pub use error::{BoxError, CommitError, StorageFailure, StoreError};
pub use figures::{Capacity, PoolFigures, StoreFigures, TokenCounts};
pub use identity::{
    Flow, IdentityError, IdentityProvider, LoggedOut, Logout, ProvenIdentity, ProviderAnswer,
};
pub use pruning::EventPruning;
pub use repository::{
    DirectoryGroupRepository, EventRepository, FoundSession, IdentityRepository, KeyRepository,
    ListedOperatorKey, OperatorKeyRepository, PolicyRepository, Repositories, SessionRepository,
    SetupLink, SetupLinkRepository, StatusRepository, StoredPolicy, StoredRing, UserPage,
    UserRepository,
};
pub use store::{ChangeOrder, Retagged, RowKey, Store, Transaction, UsageRecord};
pub use token_repository::{
    ListedToken, SecretRepository, SignOfLife, StoredBearer, StoredGrant, TokenPage,
    TokenRepository,
};

use crate::time::Timestamp;

/// Tells the time: of the day, and since the machine started.
pub trait Clock: Send + Sync {
    /// The time of day. It may jump, also backwards, when the system's clock is set.
    fn now(&self) -> Timestamp;

    /// The time since the machine started, including suspension (CLOCK_BOOTTIME). Leases and limits
    /// use it, because a change of the wall clock must not affect them.
    fn since_boot(&self) -> Duration;
}

/// Gives random bytes for secrets and ids.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` from a cryptographically secure source.
    ///
    /// # Errors
    /// [`RandomnessUnavailable`]. The caller must not use `bytes` then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable>;
}

/// The system has no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source gives no bytes")]
pub struct RandomnessUnavailable;

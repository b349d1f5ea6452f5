//! What the change of a sign-in at a provider goes by, and how it ends.

use ats_pat_domain::port::ProvenIdentity;

use super::memberships::Memberships;
use super::refused::NotSignedIn;
use crate::service::settings::ProviderRules;
use crate::sessions::SignedIn;

/// Somebody who proved an identity, and what the settings say of its provider.
pub(super) struct Proof {
    pub(super) rules: ProviderRules,
    pub(super) proven: ProvenIdentity,
    pub(super) memberships: Memberships,
    /// The session that the sign-in confirms.
    pub(super) confirms: Option<SignedIn>,
}

/// How the change ended.
pub(super) enum Finished {
    SignedIn,
    /// Nothing was done, because the identity is another user's than before the transaction.
    LookAgain,
    Refused(NotSignedIn),
}

//! What the change of a sign-in at a provider goes by, and how it ends.

use ats_pat_domain::port::ProvenIdentity;
use ats_pat_domain::{DirectoryEntry, Identity, Timestamp};

use super::memberships::Memberships;
use super::refused::NotSignedIn;
use crate::service::settings::ProviderRules;
use crate::sessions::SignedIn;

/// Somebody who proved an identity, and what the settings say of its provider.
pub(super) struct Proof {
    pub(super) rules: ProviderRules,
    pub(super) proven: ProvenIdentity,
    pub(super) memberships: Memberships,
    /// Who it is in the directory, if that knows persons by another claim than `sub`.
    pub(super) in_directory: Option<Identity>,
    /// The session that the sign-in confirms.
    pub(super) confirms: Option<SignedIn>,
}

impl Proof {
    /// The entry that a sign-in notes, so that the directory finds the user later.
    pub(super) fn noted_entry(&self, now: Timestamp) -> Option<Box<DirectoryEntry>> {
        let identity = self.in_directory.clone()?;
        Some(Box::new(DirectoryEntry {
            identity,
            is_provisioned: false,
            display_name: None,
            given_name: None,
            family_name: None,
            updated_at: now,
        }))
    }
}

/// How the change ended.
pub(super) enum Finished {
    SignedIn,
    /// Nothing was done, because the identity is another user's than before the transaction.
    LookAgain,
    Refused(NotSignedIn),
}

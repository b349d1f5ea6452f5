//! Operator keys, with which programs administer the service. They are not personal access tokens,
//! and can't be exchanged.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{OperatorKeyId, UserId};
use crate::name::TokenName;
use crate::network::AllowedNetworks;
use crate::tagged::KeyId;
use crate::time::Timestamp;

/// The longest lifetime of an operator key.
pub const LONGEST_LIFETIME: Duration = Duration::from_hours(366 * 24);

/// What an operator key lets a program do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// See users, add, change, disable and enable them, and revoke their tokens. Administrators and
    /// their tokens are excluded.
    Users,
    /// The same for administrators. Also what could give somebody their rights: user ids,
    /// passwords, groups, identities and the right to administer. Also to erase users.
    Administrators,
    /// See everybody's tokens, and revoke them.
    Tokens,
    /// Make and regenerate tokens of service accounts.
    ServiceTokens,
    /// Read the audit trail.
    Audit,
    /// See and change the policy.
    Policy,
    /// See signing keys, and rotate them.
    Keys,
    /// Keep users and groups as they are in a directory, over SCIM.
    Scim,
}

impl Right {
    /// Every right that a key can have.
    pub const ALL: [Self; 8] = [
        Self::Users,
        Self::Administrators,
        Self::Tokens,
        Self::ServiceTokens,
        Self::Audit,
        Self::Policy,
        Self::Keys,
        Self::Scim,
    ];

    /// The name in the API, the settings and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Administrators => "administrators",
            Self::Tokens => "tokens",
            Self::ServiceTokens => "service-tokens",
            Self::Audit => "audit",
            Self::Policy => "policy",
            Self::Keys => "keys",
            Self::Scim => "scim",
        }
    }

    /// The right of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == name)
    }
}

/// The rights of one operator key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(BTreeSet<Right>);

impl Rights {
    /// Takes these rights. Drops duplicates.
    pub fn new(rights: impl IntoIterator<Item = Right>) -> Self {
        Self(rights.into_iter().collect())
    }

    /// Reads the stored, space-separated form. Unknown names grant nothing.
    pub fn from_stored(text: &str) -> Self {
        Self::new(text.split(' ').filter_map(Right::named))
    }

    /// The stored form: the names, separated by spaces.
    pub fn to_stored(&self) -> String {
        self.names().join(" ")
    }

    /// Whether the key has no right.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the key has this right.
    pub fn contain(&self, right: Right) -> bool {
        // A key that may do something to administrators may do it to all users.
        self.0.contains(&right)
            || (right == Right::Users && self.0.contains(&Right::Administrators))
    }

    /// The names of the rights.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|right| right.as_str()).collect()
    }
}

/// An operator key without its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorKey {
    /// Never changed or reused.
    pub id: OperatorKeyId,
    /// The keyed hash of the secret.
    pub hash: [u8; 32],
    /// The root key of the hash.
    pub key_id: KeyId,
    /// The name that its maker chose.
    pub name: TokenName,
    /// What it may do.
    pub rights: Rights,
    /// Where it may be used from. `None` means anywhere.
    pub allowed_networks: Option<AllowedNetworks>,
    /// The administrator who made it. `None` if the admin program made it.
    pub made_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires. At this instant it is already expired.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl OperatorKey {
    /// Whether it is neither expired nor revoked.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// Whether it is active and may be used from this address.
    pub fn works(&self, now: Timestamp, address: IpAddr) -> bool {
        let networks = self.allowed_networks.as_ref();
        self.is_active(now) && networks.is_none_or(|networks| networks.contain(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_come_back_from_storage_and_unknown_ones_grant_nothing() {
        let rights = Rights::new([Right::Tokens, Right::ServiceTokens, Right::Tokens]);
        assert_eq!(rights.to_stored(), "tokens service-tokens");
        assert_eq!(Rights::from_stored("tokens  alien service-tokens"), rights);
        assert!(Rights::from_stored("").is_empty());
        for right in Right::ALL {
            assert_eq!(Right::named(right.as_str()), Some(right));
        }
    }

    #[test]
    fn a_right_over_administrators_is_one_over_users_and_not_the_other_way_round() {
        let administrators = Rights::new([Right::Administrators]);
        assert!(administrators.contain(Right::Users));
        let users = Rights::new([Right::Users]);
        assert!(!users.contain(Right::Administrators));
        assert!(!users.contain(Right::Tokens));
    }
}

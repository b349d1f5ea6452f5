//! Events: the log of what changed, for the audit trail and for other servers.

use std::fmt;

use crate::id::{EventId, OperatorKeyId, UserId};
use crate::tagged::KeyId;
use crate::time::Timestamp;

/// The kinds of events. The log stores their names. A reader ignores names that it doesn't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A user was added.
    UserCreated,
    /// A user got another name, e-mail address or right to administer.
    UserUpdated,
    /// A user's personal details were erased. The user is disabled for good.
    UserErased,
    /// A user was disabled. Sessions ended, and tokens are refused.
    UserDisabled,
    /// A disabled user was enabled.
    UserEnabled,
    /// Another person became responsible for a service account.
    ResponsibleSet,
    /// A user was put into other groups.
    GroupsSet,
    /// The company's directory made a group.
    DirectoryGroupCreated,
    /// The company's directory gave a group another name or id.
    DirectoryGroupUpdated,
    /// The company's directory removed a group; its members left it.
    DirectoryGroupDeleted,
    /// A user got a new password. Sessions ended.
    PasswordSet,
    /// A user was linked to an identity at an identity provider.
    IdentityLinked,
    /// A user's identity at an identity provider was removed.
    IdentityUnlinked,
    /// A user signed in.
    SessionStarted,
    /// A user signed out.
    SessionEnded,
    /// An identity provider ended sign-ins that began there.
    SignedOutByProvider,
    /// Sign-ins of one address were refused after too many failures.
    SignInsRefused,
    /// A token was made.
    TokenCreated,
    /// A token got a new secret. The old one is refused at once, or after an overlap.
    TokenRegenerated,
    /// A token regenerated itself. The old secret works until the new one is used.
    TokenSelfRegenerated,
    /// The new secret of a token that regenerated itself was used. The old one is refused.
    TokenConfirmed,
    /// A replaced secret that still worked was ended before its time.
    OverlapEnded,
    /// The owner changed a token's name, description or expiry.
    TokenUpdated,
    /// Somebody used a secret that was replaced, or whose token was revoked.
    EndedSecretUsed,
    /// A token was revoked.
    TokenRevoked,
    /// The entry of a token was removed, long after the token expired.
    TokenRemoved,
    /// A job began that revokes many tokens.
    BulkStarted,
    /// A batch of a job revoked its tokens.
    BulkRevoked,
    /// A job is over.
    BulkFinished,
    /// A secret that had no place in the status list got one.
    StatusPlaceGiven,
    /// A signing key was made.
    SigningKeyCreated,
    /// A pending signing key was put into use at once.
    SigningKeyPromoted,
    /// The private part of a retired signing key was erased.
    SigningKeyDestroyed,
    /// Root and signing keys were sealed under another master key.
    KeysResealed,
    /// A set-up link was made. The one before is void.
    SetupLinkCreated,
    /// A new policy came into force.
    PolicyChanged,
    /// An operator key was made.
    OperatorKeyCreated,
    /// An operator key was revoked.
    OperatorKeyRevoked,
    /// The operator accepted a restored database.
    RestoreAccepted,
    /// A later release took over the database. Every row that grants rights now says which event
    /// wrote it.
    DatabaseUpgraded,
    /// Old events were removed from the log. They are in archives.
    EventsPruned,
}

impl EventKind {
    /// Every kind of event that is written.
    pub const ALL: [Self; 41] = [
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserErased,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::ResponsibleSet,
        Self::GroupsSet,
        Self::DirectoryGroupCreated,
        Self::DirectoryGroupUpdated,
        Self::DirectoryGroupDeleted,
        Self::PasswordSet,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
        Self::SessionStarted,
        Self::SessionEnded,
        Self::SignedOutByProvider,
        Self::SignInsRefused,
        Self::TokenCreated,
        Self::TokenRegenerated,
        Self::TokenSelfRegenerated,
        Self::TokenConfirmed,
        Self::OverlapEnded,
        Self::TokenUpdated,
        Self::EndedSecretUsed,
        Self::TokenRevoked,
        Self::TokenRemoved,
        Self::BulkStarted,
        Self::BulkRevoked,
        Self::BulkFinished,
        Self::StatusPlaceGiven,
        Self::SigningKeyCreated,
        Self::SigningKeyPromoted,
        Self::SigningKeyDestroyed,
        Self::KeysResealed,
        Self::SetupLinkCreated,
        Self::PolicyChanged,
        Self::OperatorKeyCreated,
        Self::OperatorKeyRevoked,
        Self::RestoreAccepted,
        Self::DatabaseUpgraded,
        Self::EventsPruned,
    ];

    /// The name in the event log, such as `token.created`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserErased => "user.erased",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::ResponsibleSet => "user.responsible_set",
            Self::GroupsSet => "user.groups_set",
            Self::DirectoryGroupCreated => "group.created",
            Self::DirectoryGroupUpdated => "group.updated",
            Self::DirectoryGroupDeleted => "group.deleted",
            Self::PasswordSet => "user.password_set",
            Self::IdentityLinked => "identity.linked",
            Self::IdentityUnlinked => "identity.unlinked",
            Self::SessionStarted => "session.started",
            Self::SessionEnded => "session.ended",
            Self::SignedOutByProvider => "session.ended_by_provider",
            Self::SignInsRefused => "sign_in.refused",
            Self::TokenCreated => "token.created",
            Self::TokenRegenerated => "token.regenerated",
            Self::TokenSelfRegenerated => "token.self_regenerated",
            Self::TokenConfirmed => "token.confirmed",
            Self::OverlapEnded => "token.overlap_ended",
            Self::TokenUpdated => "token.updated",
            Self::EndedSecretUsed => "token.ended_secret_used",
            Self::TokenRevoked => "token.revoked",
            Self::TokenRemoved => "token.removed",
            Self::BulkStarted => "bulk.started",
            Self::BulkRevoked => "bulk.revoked",
            Self::BulkFinished => "bulk.finished",
            Self::StatusPlaceGiven => "token.status_place_given",
            Self::SigningKeyCreated => "signing_key.created",
            Self::SigningKeyPromoted => "signing_key.promoted",
            Self::SigningKeyDestroyed => "signing_key.destroyed",
            Self::KeysResealed => "keys.resealed",
            Self::SetupLinkCreated => "setup_link.created",
            Self::PolicyChanged => "policy.changed",
            Self::OperatorKeyCreated => "operator_key.created",
            Self::OperatorKeyRevoked => "operator_key.revoked",
            Self::RestoreAccepted => "restore.accepted",
            Self::DatabaseUpgraded => "database.upgraded",
            Self::EventsPruned => "events.pruned",
        }
    }
}

/// Who caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person in a session of their own.
    User(UserId),
    /// A person who ran the admin program.
    Operator,
    /// A program with an operator key.
    OperatorKey(OperatorKeyId),
    /// The service itself, such as its background work.
    System,
    /// A caller with a token's secret: its owner, or somebody who found it.
    Holder,
}

impl Actor {
    /// Reads the form that `Display` writes.
    pub fn from_stored(text: &str) -> Option<Self> {
        match text {
            "operator" => Some(Self::Operator),
            "system" => Some(Self::System),
            "holder" => Some(Self::Holder),
            _ => match text.split_once(':')? {
                ("user", id) => id.parse().ok().map(Self::User),
                ("operator-key", id) => id.parse().ok().map(Self::OperatorKey),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Operator => f.write_str("operator"),
            Self::OperatorKey(id) => write!(f, "operator-key:{id}"),
            Self::System => f.write_str("system"),
            Self::Holder => f.write_str("holder"),
        }
    }
}

/// A link of the chain: a format version and a keyed hash, made and checked by `ats-pat-auth`.
pub type EventHash = [u8; 33];

/// The last event of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number. 0 before the first event.
    pub seq: i64,
    /// Its chain hash. Zeros before the first event.
    pub hash: EventHash,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Self = Self {
        seq: 0,
        hash: [0; 33],
    };

    /// The number of the next event. `None` after the largest number. No service records so many
    /// events, but someone who can write to the database can plant one with that number.
    pub const fn next(self) -> Option<i64> {
        self.seq.checked_add(1)
    }
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// From 1, without gaps, in commit order.
    pub seq: i64,
    /// Made before the transaction begins, because its first statement writes it into the counter
    /// row.
    pub id: EventId,
    /// The version of the format that the hash covers.
    pub version: i16,
    /// The time of the change, by the clock of the program that made it.
    pub at: Timestamp,
    /// Who caused it, as [`Actor`] is written.
    pub actor: String,
    /// The user whose rights it is about.
    pub owner: Option<UserId>,
    /// What happened, as [`EventKind::as_str`] writes it.
    pub kind: String,
    /// The id of the token, user or other thing that changed.
    pub subject: String,
    /// JSON. The hash covers it byte for byte as it is stored.
    pub details: Vec<u8>,
    /// The salted hash of [`Self::personal`].
    pub personal_hash: Option<[u8; 32]>,
    /// The root key of the chain.
    pub key_id: KeyId,
    /// The keyed hash over the hash of the event before, and over the fields above.
    pub hash: EventHash,
    /// Names and addresses. They can be erased without breaking the chain.
    pub personal: Option<Personal>,
}

impl Event {
    /// The head of the log that ends with this event.
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash,
        }
    }
}

/// The personal details of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personal {
    /// Random, so that nobody can guess the data from its hash after the data is erased.
    pub salt: [u8; 32],
    /// The details as a JSON object. The event's hash covers only their salted hash.
    pub data: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_are_read_as_they_were_written() {
        let user = UserId::new(Timestamp::from_millis(1), [2; 10]);
        for actor in [
            Actor::User(user),
            Actor::Operator,
            Actor::System,
            Actor::Holder,
        ] {
            assert_eq!(Actor::from_stored(&actor.to_string()), Some(actor));
        }
        for other in ["", "user:", "user:ada", "operators", "System"] {
            assert_eq!(Actor::from_stored(other), None, "{other}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_name() {
        let names: std::collections::BTreeSet<_> =
            EventKind::ALL.into_iter().map(EventKind::as_str).collect();
        assert_eq!(names.len(), EventKind::ALL.len());
    }
}

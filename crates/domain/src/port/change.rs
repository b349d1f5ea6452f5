//! The ports that write. Only a transaction has them.

use async_trait::async_trait;

use super::error::StoreError;
use super::repository::{SetupLink, StoredPolicy};
use crate::directory::DirectoryGroup;
use crate::event::Event;
use crate::id::{GroupId, TokenId, UserId};
use crate::identity::{LinkedIdentity, ProviderName};
use crate::key::{StoredRootKey, StoredSigningKey};
use crate::operator_key::OperatorKey;
use crate::secret::Secret;
use crate::session::Session;
use crate::status_place::StatusPlace;
use crate::tagged::Tagged;
use crate::time::Timestamp;
use crate::token::Token;
use crate::user::User;

/// Writes users, and erases what is known of a person.
#[async_trait]
pub trait UserChanges: Send + Sync {
    /// Adds a user. [`StoreError::Conflict`] if the id or the folded name is taken.
    async fn insert_user(&self, user: &Tagged<User>) -> Result<(), StoreError>;
    /// Writes an existing user. Another user who has the same name is no conflict as long as this
    /// user keeps its name, because a change that takes rights away must not fail on it.
    async fn update_user(&self, user: &Tagged<User>) -> Result<(), StoreError>;
    /// As [`update_user`](Self::update_user), and the user is found by the new name and the new
    /// entry in the directory. [`StoreError::Conflict`] if another user has one of them.
    async fn rename_user(&self, user: &Tagged<User>) -> Result<(), StoreError>;
    /// Erases what the user's tokens and the events about them say of a person: names and
    /// descriptions of tokens, addresses that they were used from, and the personal part of each
    /// event. No tag and no hash of the event log covers any of it.
    async fn erase_details_of(&self, owner: UserId) -> Result<(), StoreError>;
}

/// Links identities to users, and unlinks them.
#[async_trait]
pub trait IdentityChanges: Send + Sync {
    /// Links an identity to its user. [`StoreError::Conflict`] if it is linked already, or the user
    /// has one at that provider.
    async fn insert_identity(&self, identity: &Tagged<LinkedIdentity>) -> Result<(), StoreError>;
    /// Removes a user's identity at a provider. Returns whether it was there.
    async fn delete_identity(
        &self,
        user: UserId,
        provider: &ProviderName,
    ) -> Result<bool, StoreError>;
}

/// Writes the groups of the company's directory.
#[async_trait]
pub trait DirectoryGroupChanges: Send + Sync {
    /// Adds a group. [`StoreError::Conflict`] if its id is taken.
    async fn insert_directory_group(
        &self,
        group: &Tagged<DirectoryGroup>,
    ) -> Result<(), StoreError>;
    /// Writes an existing group. Finds it by its id.
    async fn update_directory_group(
        &self,
        group: &Tagged<DirectoryGroup>,
    ) -> Result<(), StoreError>;
    /// Removes a group, if it is there.
    async fn delete_directory_group(&self, id: GroupId) -> Result<(), StoreError>;
}

/// Writes tokens and their secrets.
#[async_trait]
pub trait TokenChanges: Send + Sync {
    /// Adds a token entry.
    async fn insert_token(&self, token: &Tagged<Token>) -> Result<(), StoreError>;
    /// Writes an existing token entry.
    async fn update_token(&self, token: &Tagged<Token>) -> Result<(), StoreError>;
    /// Notes when a dead secret of an existing token was used. No tag covers it.
    async fn note_reuse(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError>;
    /// Adds a secret. [`StoreError::Conflict`] if its hash or its token's slot is taken.
    async fn insert_secret(&self, secret: &Tagged<Secret>) -> Result<(), StoreError>;
    /// Writes an existing secret. Finds it by its hash.
    async fn update_secret(&self, secret: &Tagged<Secret>) -> Result<(), StoreError>;
    /// Removes a token entry that has no secrets, with its last use.
    async fn delete_token(&self, id: TokenId) -> Result<(), StoreError>;
    /// Removes a secret, if it is there.
    async fn delete_secret(&self, hash: &[u8; 32]) -> Result<(), StoreError>;
}

/// Writes places in the status list.
#[async_trait]
pub trait StatusChanges: Send + Sync {
    /// Adds a place. [`StoreError::Conflict`] if its index is taken.
    async fn insert_status_place(&self, place: &Tagged<StatusPlace>) -> Result<(), StoreError>;
    /// Writes an existing place. Finds it by its index.
    async fn update_status_place(&self, place: &Tagged<StatusPlace>) -> Result<(), StoreError>;
}

/// Adds and removes sessions. [`Store::touch_session`](super::Store::touch_session) notes their
/// use.
#[async_trait]
pub trait SessionChanges: Send + Sync {
    /// Adds a session, under the keyed hash of its id.
    async fn insert_session(&self, session: &Tagged<Session>) -> Result<(), StoreError>;
    /// Removes a session. Returns whether it was there.
    async fn delete_session(&self, id_hash: &[u8; 32]) -> Result<bool, StoreError>;
    /// Removes all sessions of a user. Returns how many.
    async fn delete_sessions_of(&self, user: UserId) -> Result<u64, StoreError>;
}

/// Writes root keys and signing keys.
#[async_trait]
pub trait KeyChanges: Send + Sync {
    /// Adds a root key. [`StoreError::Conflict`] if its id is taken, so only one of two programs
    /// that start at once succeeds.
    async fn insert_root_key(&self, key: &StoredRootKey) -> Result<(), StoreError>;
    /// Replaces the seal of a root key.
    async fn update_root_key(&self, key: &StoredRootKey) -> Result<(), StoreError>;
    /// Adds a signing key.
    async fn insert_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Result<(), StoreError>;
    /// Writes an existing signing key.
    async fn update_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Result<(), StoreError>;
    /// Raises the version of the signing keys, so that every server reads them again before it
    /// signs.
    async fn bump_ring_version(&self) -> Result<(), StoreError>;
}

/// Writes the set-up link.
#[async_trait]
pub trait SetupLinkChanges: Send + Sync {
    /// Replaces the link, if there is one, so that there is never more than one.
    async fn replace_setup_link(&self, link: &Tagged<SetupLink>) -> Result<(), StoreError>;
    /// Removes the link. Returns whether there was one.
    async fn delete_setup_link(&self) -> Result<bool, StoreError>;
}

/// Adds and updates operator keys. None is ever removed.
#[async_trait]
pub trait OperatorKeyChanges: Send + Sync {
    /// Adds a key. [`StoreError::Conflict`] if its id or hash is taken.
    async fn insert_operator_key(&self, key: &Tagged<OperatorKey>) -> Result<(), StoreError>;
    /// Writes an existing key. Finds it by its id.
    async fn update_operator_key(&self, key: &Tagged<OperatorKey>) -> Result<(), StoreError>;
}

/// Writes the policy, of which there is one row.
#[async_trait]
pub trait PolicyChanges: Send + Sync {
    /// Replaces the policy, or adds it if there is none.
    async fn replace_policy(&self, policy: &Tagged<StoredPolicy>) -> Result<(), StoreError>;
}

/// Appends to the event log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Writes the event, its personal part and the counter row. Its `seq` must follow that of the
    /// last event.
    async fn append(&self, event: &Event) -> Result<(), StoreError>;
}

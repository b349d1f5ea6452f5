//! The ports that read: one repository for each subject. The store has them, and so does a
//! transaction.

use async_trait::async_trait;

use super::error::StoreError;
use super::token_repository::{SecretRepository, TokenRepository};
use crate::directory::DirectoryGroup;
use crate::event::{Event, Head};
use crate::group::Group;
use crate::id::{EventId, GroupId, OperatorKeyId, TokenId, UserId};
use crate::identity::{Identity, Issuer, LinkedIdentity, ProviderName};
use crate::key::{StoredRootKey, StoredSigningKey};
use crate::list::{EventFilter, UserQuery};
use crate::operator_key::OperatorKey;
use crate::session::Session;
use crate::status_place::StatusPlace;
use crate::tagged::{KeyId, Tagged};
use crate::time::Timestamp;
use crate::token::Usage;
use crate::user::User;

/// Everything that can be read. On a [`Store`](super::Store), each call is a statement of its own.
/// On a [`Transaction`](super::Transaction), a call sees the transaction's own changes. Reads
/// always go to the writable primary.
pub trait Repositories: Send + Sync {
    /// Users: people and service accounts.
    fn users(&self) -> &dyn UserRepository;
    /// The identities that users are linked to.
    fn identities(&self) -> &dyn IdentityRepository;
    /// The groups of the company's directory.
    fn directory_groups(&self) -> &dyn DirectoryGroupRepository;
    /// Personal access token entries.
    fn tokens(&self) -> &dyn TokenRepository;
    /// The hashes of their secrets.
    fn secrets(&self) -> &dyn SecretRepository;
    /// Places in the status list.
    fn status_places(&self) -> &dyn StatusRepository;
    /// The sessions of people who signed in.
    fn sessions(&self) -> &dyn SessionRepository;
    /// Root keys and signing keys.
    fn keys(&self) -> &dyn KeyRepository;
    /// The event log, from its first event.
    fn events(&self) -> &dyn EventRepository;
    /// The set-up link, if there is one.
    fn setup_links(&self) -> &dyn SetupLinkRepository;
    /// The keys with which programs administer.
    fn operator_keys(&self) -> &dyn OperatorKeyRepository;
    /// The policy, if it is in the database.
    fn policy(&self) -> &dyn PolicyRepository;
}

/// Reads users by id, by name, and page by page.
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// The user with this id.
    async fn by_id(&self, id: UserId) -> Result<Option<Tagged<User>>, StoreError>;
    /// The user with this folded name.
    async fn by_folded_name(&self, folded: &str) -> Result<Option<Tagged<User>>, StoreError>;
    /// All administrators, including disabled ones.
    async fn administrators(&self) -> Result<Vec<Tagged<User>>, StoreError>;
    /// The users with these ids, in any order.
    async fn by_ids(&self, ids: &[UserId]) -> Result<Vec<Tagged<User>>, StoreError>;
    /// The service accounts that this person is responsible for, sorted bytewise by folded name.
    /// One statement that uses an index.
    async fn managed_by(&self, person: UserId) -> Result<Vec<Tagged<User>>, StoreError>;
    /// A page of users, sorted bytewise by folded name. One statement, or two for a page after the
    /// last.
    async fn page(&self, query: &UserQuery) -> Result<UserPage, StoreError>;
    /// The user whose entry in the directory has this identity, byte for byte.
    async fn by_directory(&self, identity: &Identity) -> Result<Option<Tagged<User>>, StoreError>;
    /// The persons who are no administrators and have an entry in the directory of this issuer, or
    /// an identity there: up to `limit` after the first `offset`, sorted by id.
    async fn in_directory(
        &self,
        issuer: &Issuer,
        offset: u64,
        limit: u64,
    ) -> Result<UserPage, StoreError>;
    /// Up to `limit` users in this group with ids greater than `after`, sorted by id.
    async fn in_group(
        &self,
        group: &Group,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Tagged<User>>, StoreError>;
    /// Up to `limit` users with ids greater than `after`, sorted by id. For walks through all
    /// users.
    async fn after(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Tagged<User>>, StoreError>;
    /// All users, sorted bytewise by folded name.
    async fn all(&self) -> Result<Vec<Tagged<User>>, StoreError>;
}

/// Reads the groups of the company's directory.
#[async_trait]
pub trait DirectoryGroupRepository: Send + Sync {
    /// The group with this id.
    async fn by_id(&self, id: GroupId) -> Result<Option<Tagged<DirectoryGroup>>, StoreError>;
    /// All groups, sorted by id.
    async fn all(&self) -> Result<Vec<Tagged<DirectoryGroup>>, StoreError>;
}

/// Reads the identities that users are linked to.
#[async_trait]
pub trait IdentityRepository: Send + Sync {
    /// The linked identity whose issuer and subject are equal to these, byte for byte.
    async fn of(&self, identity: &Identity) -> Result<Option<Tagged<LinkedIdentity>>, StoreError>;
    /// The identities of a user, by provider.
    async fn of_user(&self, user: UserId) -> Result<Vec<Tagged<LinkedIdentity>>, StoreError>;
    /// Up to `limit` identities after the one of this user at this provider, sorted by user and
    /// provider. For walking through all identities.
    async fn after(
        &self,
        after: Option<(UserId, &ProviderName)>,
        limit: u64,
    ) -> Result<Vec<Tagged<LinkedIdentity>>, StoreError>;
}

/// A page of the list of users.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users of the page, in order.
    pub items: Vec<Tagged<User>>,
    /// The number of users on all pages.
    pub total: u64,
}

/// Reads places in the status list.
#[async_trait]
pub trait StatusRepository: Send + Sync {
    /// The place with this index.
    async fn by_index(&self, index: u64) -> Result<Option<Tagged<StatusPlace>>, StoreError>;
    /// The place that was free first, among those that are free at `now`.
    async fn first_free(&self, now: Timestamp) -> Result<Option<Tagged<StatusPlace>>, StoreError>;
    /// Whether a place is this token's, as its row says.
    async fn has_place(&self, token: TokenId) -> Result<bool, StoreError>;
    /// The greatest index in use.
    async fn greatest_index(&self) -> Result<Option<u64>, StoreError>;
    /// Up to `limit` places with indexes greater than `after`, sorted by index. For walks through
    /// all places.
    async fn after(
        &self,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Vec<Tagged<StatusPlace>>, StoreError>;
}

/// Everything that a request with a session depends on, read by one statement.
pub struct FoundSession {
    /// The session, whose tag is still to be checked.
    pub session: Tagged<Session>,
    /// The user who signed in.
    pub user: Tagged<User>,
    /// The last event at the same instant.
    pub head: Head,
}

/// Reads sessions, also those that have ended.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// The session with this keyed hash, and its user. One statement.
    async fn by_hash(&self, id_hash: &[u8; 32]) -> Result<Option<FoundSession>, StoreError>;
    /// The session with this keyed hash, even if its user's row is missing.
    async fn alone(&self, id_hash: &[u8; 32]) -> Result<Option<Tagged<Session>>, StoreError>;
    /// The sessions of a user.
    async fn of_user(&self, user: UserId) -> Result<Vec<Tagged<Session>>, StoreError>;
    /// The sessions of a user that can't be read, which [`of_user`](Self::of_user) leaves out.
    /// Names each by its table, and by its key as far as that can be read.
    async fn unreadable_of_user(&self, user: UserId) -> Result<Vec<String>, StoreError>;
    /// The sessions that began by the sign-in at a provider with this keyed hash of its id.
    async fn of_provider_session(
        &self,
        id_hash: &[u8; 32],
    ) -> Result<Vec<Tagged<Session>>, StoreError>;
    /// All sessions of all users.
    async fn all(&self) -> Result<Vec<Tagged<Session>>, StoreError>;
}

/// The signing keys, from one consistent read.
pub struct StoredRing {
    /// The version, which every change of a key raises.
    pub version: i64,
    /// The keys, in the order in which they were made.
    pub keys: Vec<Tagged<StoredSigningKey>>,
    /// The last event at the same instant. A server that caches the keys compares it with the log
    /// that it follows.
    pub head: Head,
}

/// Reads root keys and signing keys, which are sealed.
#[async_trait]
pub trait KeyRepository: Send + Sync {
    /// All root keys, sorted by id.
    async fn root_keys(&self) -> Result<Vec<StoredRootKey>, StoreError>;
    /// All signing keys, and their version.
    async fn ring(&self) -> Result<StoredRing, StoreError>;
    /// Only the version of the signing keys.
    async fn ring_version(&self) -> Result<i64, StoreError>;
}

/// Reads the event log.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// The number and hash of the last event, as the counter row has them.
    async fn head(&self) -> Result<Head, StoreError>;
    /// Up to `limit` events in order, starting with number `seq`.
    async fn from(&self, seq: i64, limit: u64) -> Result<Vec<Event>, StoreError>;
    /// The newest events that match the filter, the newest first.
    async fn newest(&self, filter: &EventFilter) -> Result<Vec<Event>, StoreError>;
    /// The number of the event with this id. It shows whether a change happened whose COMMIT was
    /// not answered.
    async fn seq_of(&self, id: EventId) -> Result<Option<i64>, StoreError>;
    /// The last event of this kind.
    async fn last_of_kind(&self, kind: &str) -> Result<Option<Event>, StoreError>;
}

/// The link that creates the first administrator.
#[derive(Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// The keyed hash of its code.
    pub code_hash: [u8; 32],
    /// The root key of the hash.
    pub key_id: KeyId,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Reads the set-up link.
#[async_trait]
pub trait SetupLinkRepository: Send + Sync {
    /// The current link, if there is one.
    async fn current(&self) -> Result<Option<Tagged<SetupLink>>, StoreError>;
}

/// The policy as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPolicy {
    /// JSON with at most [`StoredPolicy::MAX_BYTES`].
    pub document: String,
}

impl StoredPolicy {
    /// The longest document, in bytes. A `TEXT` column of `MariaDB` has room for no more.
    pub const MAX_BYTES: usize = 65_000;
}

/// Reads the policy that is in the database.
#[async_trait]
pub trait PolicyRepository: Send + Sync {
    /// The stored policy. `None` if there never was one.
    async fn current(&self) -> Result<Option<Tagged<StoredPolicy>>, StoreError>;
}

/// An operator key and its last use.
#[derive(Clone)]
pub struct ListedOperatorKey {
    /// The key, whose tag is still to be checked.
    pub key: Tagged<OperatorKey>,
    /// When and from where it was last used. May be up to a minute late. No tag covers it.
    pub last_used: Option<Usage>,
}

/// Reads operator keys, also those that are expired or revoked.
#[async_trait]
pub trait OperatorKeyRepository: Send + Sync {
    /// The key with this keyed hash, also if it is expired or revoked.
    async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Tagged<OperatorKey>>, StoreError>;
    /// The key with this id.
    async fn by_id(&self, id: OperatorKeyId) -> Result<Option<Tagged<OperatorKey>>, StoreError>;
    /// All keys, the newest first.
    async fn all(&self) -> Result<Vec<ListedOperatorKey>, StoreError>;
}

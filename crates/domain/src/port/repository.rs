//! Reading: one repository per subject, reached from the store or from a transaction.

use std::slice;

use async_trait::async_trait;

use super::error::StoreError;
use crate::event::{Event, Head};
use crate::id::{EventId, OperatorKeyId, TokenId, UserId};
use crate::key::{StoredRootKey, StoredSigningKey};
use crate::list::{EventFilter, TokenQuery, UserQuery};
use crate::operator_key::OperatorKey;
use crate::secret::Secret;
use crate::session::Session;
use crate::status_place::StatusPlace;
use crate::tagged::{KeyId, Tagged};
use crate::time::Timestamp;
use crate::token::{Token, Usage};
use crate::user::User;

/// All that can be read. Reached from a [`Store`](super::Store) each call stands alone; reached
/// from a [`Transaction`](super::Transaction) it sees that transaction's own changes. Always the
/// writable primary.
pub trait Repositories: Send + Sync {
    /// Users.
    fn users(&self) -> &dyn UserRepository;
    /// Personal access token entries.
    fn tokens(&self) -> &dyn TokenRepository;
    /// The hashes of their secrets.
    fn secrets(&self) -> &dyn SecretRepository;
    /// Places in the status list.
    fn status_places(&self) -> &dyn StatusRepository;
    /// Sign-ins.
    fn sessions(&self) -> &dyn SessionRepository;
    /// Root keys and signing keys.
    fn keys(&self) -> &dyn KeyRepository;
    /// The event log.
    fn events(&self) -> &dyn EventRepository;
    /// The set-up link.
    fn setup_links(&self) -> &dyn SetupLinkRepository;
    /// Operator keys.
    fn operator_keys(&self) -> &dyn OperatorKeyRepository;
    /// The policy, where it stands in the database.
    fn policy(&self) -> &dyn PolicyRepository;
}

/// Reads users.
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// The user of this id.
    async fn by_id(&self, id: UserId) -> Result<Option<Tagged<User>>, StoreError>;
    /// The user whose folded name this is.
    async fn by_folded_name(&self, folded: &str) -> Result<Option<Tagged<User>>, StoreError>;
    /// Those that are marked as administrators (disabled ones too).
    async fn administrators(&self) -> Result<Vec<Tagged<User>>, StoreError>;
    /// Those of these ids, in no order.
    async fn by_ids(&self, ids: &[UserId]) -> Result<Vec<Tagged<User>>, StoreError>;
    /// The service accounts that this person is responsible for, by folded name, bytewise. One
    /// statement, by an index.
    async fn managed_by(&self, person: UserId) -> Result<Vec<Tagged<User>>, StoreError>;
    /// A page of users, by folded name, bytewise. One statement, but for a page past the end.
    async fn page(&self, query: &UserQuery) -> Result<UserPage, StoreError>;
    /// Up to `limit` users with ids greater than `after`, by id: to walk through all.
    async fn after(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Tagged<User>>, StoreError>;
    /// Everybody, by folded name, bytewise.
    async fn all(&self) -> Result<Vec<Tagged<User>>, StoreError>;
}

/// A part of the list of users.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users of the page, in order.
    pub items: Vec<Tagged<User>>,
    /// How many there are on all pages.
    pub total: u64,
}

/// A token with its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// The entry.
    pub token: Tagged<Token>,
    /// Its last use, if it was used.
    pub usage: Option<Usage>,
    /// When a secret of it was last used after its end, if one was; may lag by minutes.
    pub reused_at: Option<Timestamp>,
    /// Its secret in overlap, if it has one.
    pub in_overlap: Option<Tagged<Secret>>,
}

/// When a token was last made, regenerated or used. No tag was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOfLife {
    /// The token.
    pub token_id: TokenId,
    /// Its owner.
    pub owner_id: UserId,
    /// The last of these times.
    pub last: Timestamp,
    /// When it was revoked or expires, whichever comes first.
    pub ends_at: Timestamp,
    /// From which address it was last used, if it was.
    pub last_used_from: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPage {
    /// The tokens of the page, in order.
    pub items: Vec<ListedToken>,
    /// How many there are on all pages.
    pub total: u64,
}

/// What an authentication token stands on.
pub struct Bearer {
    /// The personal access token it was exchanged for.
    pub token: Tagged<Token>,
    /// The owner.
    pub owner: Tagged<User>,
}

/// Reads personal access token entries.
#[async_trait]
pub trait TokenRepository: Send + Sync {
    /// The entry of this id, whoever owns it.
    async fn by_id(&self, id: TokenId) -> Result<Option<ListedToken>, StoreError>;
    /// The entry of this id, if `owner` owns it: one condition, so that another's and none are the
    /// same.
    async fn owned(&self, owner: UserId, id: TokenId) -> Result<Option<ListedToken>, StoreError>;
    /// A page; the status is judged at `now`.
    async fn page(&self, query: &TokenQuery, now: Timestamp) -> Result<TokenPage, StoreError>;
    /// Up to `limit` ids of the tokens that a list would show, whatever its page and order, with ids
    /// greater than `after`, by id: to walk through all. The filter is judged at `now`. `only` leaves
    /// out all but these.
    async fn matching(
        &self,
        query: &TokenQuery,
        now: Timestamp,
        after: Option<TokenId>,
        only: Option<&[TokenId]>,
        limit: u64,
    ) -> Result<Vec<TokenId>, StoreError>;
    /// The owner's token of this folded name that is active at `now`.
    async fn active_with_name(
        &self,
        owner: UserId,
        folded: &str,
        now: Timestamp,
    ) -> Result<Option<TokenId>, StoreError>;
    /// How many of the owner's tokens are active at `now`.
    async fn count_active(&self, owner: UserId, now: Timestamp) -> Result<u64, StoreError>;
    /// A token and its owner by one statement.
    async fn bearer(&self, id: TokenId) -> Result<Option<Bearer>, StoreError>;
    /// When each of up to `limit` tokens with ids greater than `after` was last made, regenerated
    /// or used, by id: to walk through all. Uses may lag by minutes.
    async fn signs_of_life(
        &self,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<SignOfLife>, StoreError>;
    /// Up to `limit` entries with ids greater than `after`, by id: to walk through all.
    async fn after(
        &self,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<Tagged<Token>>, StoreError>;
    /// Up to `limit` ids greater than `after`, by id, and whose they are: of this owner, or of all.
    /// Rows that can't be read are among them.
    async fn ids(
        &self,
        owner: Option<UserId>,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<(TokenId, UserId)>, StoreError>;
    /// As [`Self::after`], of this owner alone.
    async fn of_owner(
        &self,
        owner: UserId,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<Tagged<Token>>, StoreError>;
}

/// All that an exchange decides on, read by one statement.
pub struct Grant {
    /// The secret that was sent.
    pub secret: Tagged<Secret>,
    /// Its token.
    pub token: Tagged<Token>,
    /// The token's owner.
    pub owner: Tagged<User>,
    /// The version of the signing key ring at that instant.
    pub ring_version: i64,
    /// The last event at that instant: whoever keeps the grant learns by it of which log it is.
    pub head: Head,
}

/// Reads secrets' hashes.
#[async_trait]
pub trait SecretRepository: Send + Sync {
    /// The grants behind these keyed hashes, living or dead, in any order; what is unknown is left
    /// out. One statement.
    async fn grants(&self, hashes: &[[u8; 32]]) -> Result<Vec<Grant>, StoreError>;
    /// The grant behind this keyed hash, living or dead. One statement.
    async fn grant(&self, hash: &[u8; 32]) -> Result<Option<Grant>, StoreError> {
        Ok(self.grants(slice::from_ref(hash)).await?.pop())
    }
    /// Every secret a token ever had, by generation.
    async fn of_token(&self, id: TokenId) -> Result<Vec<Tagged<Secret>>, StoreError>;
    /// Up to `limit` secrets with hashes greater than `after`, by hash: to walk through all.
    async fn after(
        &self,
        after: Option<[u8; 32]>,
        limit: u64,
    ) -> Result<Vec<Tagged<Secret>>, StoreError>;
}

/// Reads places in the status list.
#[async_trait]
pub trait StatusRepository: Send + Sync {
    /// The place of this index.
    async fn by_index(&self, index: u64) -> Result<Option<Tagged<StatusPlace>>, StoreError>;
    /// Of the places that are free at `now` the one that was first.
    async fn first_free(&self, now: Timestamp) -> Result<Option<Tagged<StatusPlace>>, StoreError>;
    /// The greatest index in use.
    async fn greatest_index(&self) -> Result<Option<u64>, StoreError>;
    /// Up to `limit` places with indexes greater than `after`, by index: to walk through all.
    async fn after(
        &self,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Vec<Tagged<StatusPlace>>, StoreError>;
}

/// All that a request by a session decides on, read by one statement.
pub struct FoundSession {
    /// The session.
    pub session: Tagged<Session>,
    /// Whose it is.
    pub user: Tagged<User>,
    /// The last event at that instant.
    pub head: Head,
}

/// Reads sessions.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// The session of this keyed hash and its user, by one statement.
    async fn by_hash(&self, id_hash: &[u8; 32]) -> Result<Option<FoundSession>, StoreError>;
    /// The session of this keyed hash, whether or not its user is there.
    async fn alone(&self, id_hash: &[u8; 32]) -> Result<Option<Tagged<Session>>, StoreError>;
    /// The sessions of a user.
    async fn of_user(&self, user: UserId) -> Result<Vec<Tagged<Session>>, StoreError>;
    /// The sessions of a user that can't be read, which [`of_user`](Self::of_user) leaves out: the
    /// key of each, as far as it can be read, and the table.
    async fn unreadable_of_user(&self, user: UserId) -> Result<Vec<String>, StoreError>;
    /// Every session.
    async fn all(&self) -> Result<Vec<Tagged<Session>>, StoreError>;
}

/// The signing keys, from one consistent read.
pub struct StoredRing {
    /// Every change of a key raises it.
    pub version: i64,
    /// By creation.
    pub keys: Vec<Tagged<StoredSigningKey>>,
    /// The last event at that instant: whoever keeps the ring learns by it of which log it is.
    pub head: Head,
}

/// Reads keys.
#[async_trait]
pub trait KeyRepository: Send + Sync {
    /// The root keys, by id.
    async fn root_keys(&self) -> Result<Vec<StoredRootKey>, StoreError>;
    /// The ring.
    async fn ring(&self) -> Result<StoredRing, StoreError>;
    /// The ring's version alone.
    async fn ring_version(&self) -> Result<i64, StoreError>;
}

/// Reads the event log.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// The last event's number and hash, as the counter row holds them.
    async fn head(&self) -> Result<Head, StoreError>;
    /// Up to `limit` events from number `seq` on, inclusive, in order.
    async fn from(&self, seq: i64, limit: u64) -> Result<Vec<Event>, StoreError>;
    /// The last events that pass the filter, the newest first.
    async fn newest(&self, filter: &EventFilter) -> Result<Vec<Event>, StoreError>;
    /// The number of the event of this id: whether a change happened whose COMMIT was not answered.
    async fn seq_of(&self, id: EventId) -> Result<Option<i64>, StoreError>;
    /// The last event of this kind.
    async fn last_of_kind(&self, kind: &str) -> Result<Option<Event>, StoreError>;
}

/// The link by which the first administrator is made.
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
    /// The link that works, if there is one.
    async fn current(&self) -> Result<Option<Tagged<SetupLink>>, StoreError>;
}

/// The policy as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPolicy {
    /// JSON, at most [`StoredPolicy::MAX_BYTES`] of it.
    pub document: String,
}

impl StoredPolicy {
    /// The longest document, in bytes: `MariaDB`'s TEXT has no room for more.
    pub const MAX_BYTES: usize = 65_000;
}

/// Reads the policy.
#[async_trait]
pub trait PolicyRepository: Send + Sync {
    /// The policy that was put into force last; `None` where none ever was.
    async fn current(&self) -> Result<Option<Tagged<StoredPolicy>>, StoreError>;
}

/// An operator key as it is listed.
#[derive(Clone)]
pub struct ListedOperatorKey {
    /// The key.
    pub key: Tagged<OperatorKey>,
    /// When and from where it was last used, up to a minute ago. No tag covers it.
    pub last_used: Option<Usage>,
}

/// Reads operator keys.
#[async_trait]
pub trait OperatorKeyRepository: Send + Sync {
    /// The key behind a keyed hash, living or dead.
    async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Tagged<OperatorKey>>, StoreError>;
    /// The key of this id.
    async fn by_id(&self, id: OperatorKeyId) -> Result<Option<Tagged<OperatorKey>>, StoreError>;
    /// All of them, the newest first.
    async fn all(&self) -> Result<Vec<ListedOperatorKey>, StoreError>;
}

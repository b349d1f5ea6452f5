//! The database and its transactions.

use async_trait::async_trait;

use super::change::{
    DirectoryGroupChanges, EventLog, IdentityChanges, KeyChanges, OperatorKeyChanges,
    PolicyChanges, SessionChanges, SetupLinkChanges, StatusChanges, TokenChanges, UserChanges,
};
use super::error::{CommitError, StoreError};
use super::figures::{Capacity, StoreFigures};
use super::pruning::EventPruning;
use super::repository::Repositories;
use crate::event::Head;
use crate::id::{EventId, GroupId, OperatorKeyId, TokenId, UserId};
use crate::identity::ProviderName;
use crate::tagged::Tag;
use crate::time::Timestamp;
use crate::token::Usage;

/// The database, with everything that can be read outside a change.
#[async_trait]
pub trait Store: Repositories + EventPruning {
    /// Begins a change. `change` is the id of its first event. The first statement locks the
    /// counter row and writes the id into it. So changes are serial, each check sees all earlier
    /// changes, and [`append`](EventLog::append) can prove that the transaction is still the same.
    /// The changes of one program wait for each other. A change that was tried before goes first.
    async fn begin(
        &self,
        change: EventId,
        order: ChangeOrder,
    ) -> Result<Box<dyn Transaction>, StoreError>;

    /// Notes when a session was used. Writes only this time and its tag, and never an earlier time.
    async fn touch_session(
        &self,
        id_hash: &[u8; 32],
        seen_at: Timestamp,
        seen_tag: &[u8],
    ) -> Result<(), StoreError>;

    /// Notes when an operator key was used. No tag covers it. Never writes an earlier time.
    async fn touch_operator_key(&self, id: OperatorKeyId, used: &Usage) -> Result<(), StoreError>;

    /// Notes uses of tokens, in one transaction and in the order of their ids. Never writes an
    /// earlier time.
    async fn record_usage(&self, uses: &[UsageRecord]) -> Result<(), StoreError>;

    /// Removes sessions that ended before `ended_before` or were last seen before `idle_since`, but
    /// no more than `limit`. Returns how many.
    async fn delete_ended_sessions(
        &self,
        ended_before: Timestamp,
        idle_since: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError>;

    /// Checks that the database answers and is the writable primary.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The rows that were found since the last call and can't be read, by key and table. Reads of
    /// several rows leave them out, so that they don't hide the others.
    fn take_unreadable(&self) -> Vec<String>;

    /// The last stored checkpoint of the event log, joined from its parts, if its number is greater
    /// than `newer_than`. Its content is not checked.
    async fn checkpoint(&self, newer_than: i64) -> Result<Option<Vec<u8>>, StoreError>;

    /// Replaces the checkpoint of the event log. The new one covers the log up to number `seq`. The
    /// parts are small enough for a statement each.
    async fn keep_checkpoint(&self, seq: i64, parts: &[&[u8]]) -> Result<(), StoreError>;

    /// Replaces the tags of rows, in one transaction. A row is left alone if its tag is no longer
    /// the one that was read. This is for an upgrade, while nothing else writes, so there is no
    /// event for it.
    async fn retag(&self, rows: &[Retagged]) -> Result<(), StoreError>;

    /// Checks that the database can store a change now: writes `size` bytes to a row of their own,
    /// and reads them through another connection.
    async fn prove_write(&self, size: usize) -> Result<(), StoreError>;

    /// The same repositories, for reads that everything else depends on: following the event log,
    /// the signing keys, the policy, and whether a change was committed. They never wait behind the
    /// reads of requests, however many these are.
    fn vital(&self) -> &dyn Repositories;

    /// Whether it is known that the database doesn't answer now.
    fn hangs(&self) -> bool {
        false
    }

    /// How much work it does at once.
    fn capacity(&self) -> Capacity {
        Capacity::default()
    }

    /// The connections and statements so far. Asks the database nothing.
    fn figures(&self) -> StoreFigures {
        StoreFigures::default()
    }
}

/// A row that gets a new tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retagged {
    /// Which row it is.
    pub key: RowKey,
    /// The bytes of the tag that was read.
    pub was: Vec<u8>,
    /// The tag that replaces it.
    pub tag: Tag,
}

/// Names a row with a tag, by its table and primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// A row of `users`.
    User(UserId),
    /// A row of `identities`.
    Identity(UserId, ProviderName),
    /// A row of `tokens`.
    Token(TokenId),
    /// A row of `secrets`.
    Secret([u8; 32]),
    /// A row of `sessions`.
    Session([u8; 32]),
    /// A row of `status_places`.
    StatusPlace(u64),
    /// A row of `signing_keys`.
    SigningKey(String),
    /// The row of `setup_link`.
    SetupLink,
    /// The row of `policy`.
    Policy,
    /// A row of `operator_keys`.
    OperatorKey(OperatorKeyId),
    /// A row of `directory_groups`.
    DirectoryGroup(GroupId),
}

/// Where a change waits among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOrder {
    /// Behind all that already wait.
    Last,
    /// Before all that were not tried yet, because the database undid this one and asks for another
    /// try.
    First,
}

/// A use of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// The token that was exchanged.
    pub token_id: TokenId,
    /// The time of the use.
    pub used_at: Timestamp,
    /// The client's IP address, as text.
    pub used_from: String,
}

/// A change in progress. If it is dropped without [`commit`](Self::commit), nothing of it remains.
#[async_trait]
pub trait Transaction:
    Repositories
    + UserChanges
    + IdentityChanges
    + DirectoryGroupChanges
    + TokenChanges
    + StatusChanges
    + SessionChanges
    + KeyChanges
    + SetupLinkChanges
    + OperatorKeyChanges
    + PolicyChanges
    + EventLog
{
    /// The last event before this change, read under the lock.
    fn head(&self) -> Head;

    /// Commits the change. Succeeds only if the change's last event is found in the database,
    /// because an answer to COMMIT alone doesn't prove it.
    async fn commit(self: Box<Self>) -> Result<(), CommitError>;

    /// Undoes the change, of which nothing remains.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}

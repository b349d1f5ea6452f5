//! The store and its transactions.

use async_trait::async_trait;

use super::change::{
    EventLog, KeyChanges, OperatorKeyChanges, PolicyChanges, SessionChanges, SetupLinkChanges,
    StatusChanges, TokenChanges, UserChanges,
};
use super::error::{CommitError, StoreError};
use super::repository::Repositories;
use crate::event::Head;
use crate::id::{EventId, OperatorKeyId, TokenId, UserId};
use crate::tagged::Tag;
use crate::time::Timestamp;
use crate::token::Usage;

/// The database.
#[async_trait]
pub trait Store: Repositories {
    /// Begins a change whose first event has the id `change`. The first statement locks the counter
    /// row and writes the id into it, so that changes are serial, every check that follows sees all
    /// changes before, and [`append`](EventLog::append) can prove that it is still in the same
    /// transaction. The changes of one program wait for each other; one that was tried before goes
    /// first.
    async fn begin(
        &self,
        change: EventId,
        order: ChangeOrder,
    ) -> Result<Box<dyn Transaction>, StoreError>;

    /// Notes that a session was seen; writes that time and its tag only, and never moves it back.
    async fn touch_session(
        &self,
        id_hash: &[u8; 32],
        seen_at: Timestamp,
        seen_tag: &[u8],
    ) -> Result<(), StoreError>;

    /// Notes that an operator key was used; no tag covers it, and it never moves back.
    async fn touch_operator_key(&self, id: OperatorKeyId, used: &Usage) -> Result<(), StoreError>;

    /// Notes uses of tokens, in one transaction in id order; never moves a use back.
    async fn record_usage(&self, uses: &[UsageRecord]) -> Result<(), StoreError>;

    /// Removes sessions that ended before `ended_before` or were last seen before `idle_since`.
    async fn delete_ended_sessions(
        &self,
        ended_before: Timestamp,
        idle_since: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Asks the database for a sign of life, and whether it is the writable primary.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The rows that were met since the last call and can't be read, by key and table. Reads of
    /// several rows leave them out, so that they don't hide the others.
    fn take_unreadable(&self) -> Vec<String>;

    /// The checkpoint of the event log that was kept last, if it is of a greater number than
    /// `newer_than`: in one piece. It is whatever stands there.
    async fn checkpoint(&self, newer_than: i64) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a checkpoint of the event log up to number `seq`, in parts that a statement can carry,
    /// in place of an earlier one.
    async fn keep_checkpoint(&self, seq: i64, parts: &[&[u8]]) -> Result<(), StoreError>;

    /// Gives rows other tags, in one transaction, each only where its tag still is the one that was
    /// read. For an upgrade, while nothing else writes; no event tells of it.
    async fn retag(&self, rows: &[Retagged]) -> Result<(), StoreError>;

    /// Writes `size` bytes to a row of their own and reads them back by another connection: whether
    /// a change could be kept now.
    async fn prove_write(&self, size: usize) -> Result<(), StoreError>;
}

/// A row that gets another tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retagged {
    /// Which.
    pub key: RowKey,
    /// The tag that was read, bytes alone.
    pub was: Vec<u8>,
    /// Its new tag.
    pub tag: Tag,
}

/// Names a row that has a tag, by its table and primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// Of `users`.
    User(UserId),
    /// Of `tokens`.
    Token(TokenId),
    /// Of `secrets`.
    Secret([u8; 32]),
    /// Of `sessions`.
    Session([u8; 32]),
    /// Of `status_places`.
    StatusPlace(u64),
    /// Of `signing_keys`.
    SigningKey(String),
    /// Of `setup_link`.
    SetupLink,
    /// Of `policy`.
    Policy,
    /// Of `operator_keys`.
    OperatorKey(OperatorKeyId),
}

/// Where a change waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOrder {
    /// Behind those that wait.
    Last,
    /// Before those that were not tried yet: the database undid it, and asks to try again.
    First,
}

/// A use of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// Which.
    pub token_id: TokenId,
    /// When.
    pub used_at: Timestamp,
    /// The client's address.
    pub used_from: String,
}

/// A change under way. Dropped without [`commit`](Self::commit) it leaves nothing.
#[async_trait]
pub trait Transaction:
    Repositories
    + UserChanges
    + TokenChanges
    + StatusChanges
    + SessionChanges
    + KeyChanges
    + SetupLinkChanges
    + OperatorKeyChanges
    + PolicyChanges
    + EventLog
{
    /// The last event before this change, as locked.
    fn head(&self) -> Head;

    /// Makes the change last. Succeeds only once it is proven that the change's last event is in
    /// the database, and not only said.
    async fn commit(self: Box<Self>) -> Result<(), CommitError>;

    /// Takes the change back, explicitly.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}

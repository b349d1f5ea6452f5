//! The ports that read tokens and their secrets.

use std::slice;

use async_trait::async_trait;

use super::error::StoreError;
use super::figures::TokenCounts;
use crate::event::Head;
use crate::id::{TokenId, UserId};
use crate::list::TokenQuery;
use crate::secret::Secret;
use crate::tagged::Tagged;
use crate::time::Timestamp;
use crate::token::{Token, Usage};
use crate::user::User;

/// A token and its uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// The entry, whose tag is still to be checked.
    pub token: Tagged<Token>,
    /// Its last use, if it was ever used.
    pub usage: Option<Usage>,
    /// When a dead secret of the token was last used, if ever. May be minutes late.
    pub reused_at: Option<Timestamp>,
    /// Its secret in overlap, if any.
    pub in_overlap: Option<Tagged<Secret>>,
}

/// When a token was last created, regenerated or used. No tag was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOfLife {
    /// The token that the time is about.
    pub token_id: TokenId,
    /// The owner, by the token's row.
    pub owner_id: UserId,
    /// The latest of these times.
    pub last: Timestamp,
    /// When it was revoked or expires, whichever is earlier.
    pub ends_at: Timestamp,
    /// The address of its last use, if it was ever used.
    pub last_used_from: Option<String>,
}

/// A page of a list of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPage {
    /// The tokens of the page, in order.
    pub items: Vec<ListedToken>,
    /// The number of tokens on all pages.
    pub total: u64,
}

/// The rows that an authentication token depends on.
pub struct StoredBearer {
    /// The personal access token it was exchanged for.
    pub token: Tagged<Token>,
    /// The owner of the personal access token.
    pub owner: Tagged<User>,
}

/// Reads personal access token entries.
#[async_trait]
pub trait TokenRepository: Send + Sync {
    /// The entry with this id, whoever owns it.
    async fn by_id(&self, id: TokenId) -> Result<Option<ListedToken>, StoreError>;
    /// The entry with this id, if `owner` owns it. The statement has both conditions, so another
    /// user's token and a missing one look the same.
    async fn owned(&self, owner: UserId, id: TokenId) -> Result<Option<ListedToken>, StoreError>;
    /// A page of tokens, with their status at `now`.
    async fn page(&self, query: &TokenQuery, now: Timestamp) -> Result<TokenPage, StoreError>;
    /// Up to `limit` ids of the tokens that a list would show on any page, with ids greater than
    /// `after`, sorted by id. For walking through all tokens. The filter is judged at `now`. With
    /// `only`, other tokens are left out.
    async fn matching(
        &self,
        query: &TokenQuery,
        now: Timestamp,
        after: Option<TokenId>,
        only: Option<&[TokenId]>,
        limit: u64,
    ) -> Result<Vec<TokenId>, StoreError>;
    /// The owner's token with this folded name that is active at `now`.
    async fn active_with_name(
        &self,
        owner: UserId,
        folded: &str,
        now: Timestamp,
    ) -> Result<Option<TokenId>, StoreError>;
    /// How many of the owner's tokens are active at `now`.
    async fn count_active(&self, owner: UserId, now: Timestamp) -> Result<u64, StoreError>;
    /// Counts up to `limit` tokens with ids greater than `after`, in the order of their ids, by
    /// their status at `now`. Those that expire before `soon` are counted twice. Also returns the
    /// last of these ids, or `None` if there are no more tokens after it.
    async fn count_by_status(
        &self,
        after: Option<TokenId>,
        limit: u64,
        now: Timestamp,
        soon: Timestamp,
    ) -> Result<(TokenCounts, Option<TokenId>), StoreError>;
    /// Tokens whose entries may be removed: they expired before this time, and no place in the
    /// status list is theirs any more. Looks at up to `limit` tokens with ids greater than `after`,
    /// in the order of their ids. Also returns the last of these ids, or `None` if there are no
    /// more tokens after it.
    async fn removable(
        &self,
        after: Option<TokenId>,
        limit: u64,
        expired_before: Timestamp,
    ) -> Result<(Vec<TokenId>, Option<TokenId>), StoreError>;
    /// A token and its owner. One statement.
    async fn bearer(&self, id: TokenId) -> Result<Option<StoredBearer>, StoreError>;
    /// When tokens were last created, regenerated or used: up to `limit` tokens with ids greater
    /// than `after`, sorted by id. For walks through all tokens. Uses may be minutes late.
    async fn signs_of_life(
        &self,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<SignOfLife>, StoreError>;
    /// Up to `limit` entries with ids greater than `after`, sorted by id. For walks through all
    /// entries.
    async fn after(
        &self,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<Tagged<Token>>, StoreError>;
    /// Up to `limit` ids greater than `after`, sorted, each with its owner. Only those of `owner`,
    /// if one is given. Includes rows that can't be read.
    async fn ids(
        &self,
        owner: Option<UserId>,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<(TokenId, UserId)>, StoreError>;
    /// Like [`Self::after`], but only the tokens of this owner.
    async fn of_owner(
        &self,
        owner: UserId,
        after: Option<TokenId>,
        limit: u64,
    ) -> Result<Vec<Tagged<Token>>, StoreError>;
}

/// Everything that an exchange depends on, read by one statement.
pub struct StoredGrant {
    /// The secret that was sent.
    pub secret: Tagged<Secret>,
    /// The token whose secret it is.
    pub token: Tagged<Token>,
    /// The owner, whose rights the token has.
    pub owner: Tagged<User>,
    /// The version of the signing keys at the same instant.
    pub ring_version: i64,
    /// The last event at the same instant. A server that caches the grant compares it with the log
    /// that it follows.
    pub head: Head,
}

/// Reads secrets, by their hashes.
#[async_trait]
pub trait SecretRepository: Send + Sync {
    /// The grants of these keyed hashes, in any order. Includes dead secrets, and leaves out
    /// unknown ones. One statement.
    async fn grants(&self, hashes: &[[u8; 32]]) -> Result<Vec<StoredGrant>, StoreError>;
    /// The grant of this keyed hash, also of a dead secret. One statement.
    async fn grant(&self, hash: &[u8; 32]) -> Result<Option<StoredGrant>, StoreError> {
        Ok(self.grants(slice::from_ref(hash)).await?.pop())
    }
    /// Every secret that a token ever had, by generation.
    async fn of_token(&self, id: TokenId) -> Result<Vec<Tagged<Secret>>, StoreError>;
    /// Up to `limit` secrets with hashes greater than `after`, sorted by hash. For walks through
    /// all secrets.
    async fn after(
        &self,
        after: Option<[u8; 32]>,
        limit: u64,
    ) -> Result<Vec<Tagged<Secret>>, StoreError>;
}

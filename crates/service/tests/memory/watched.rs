//! A store that reports which grants were read, and can make reads wait.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ats_pat_domain::port::{
    ChangeOrder, DirectoryGroupRepository, EventPruning, EventRepository, IdentityRepository,
    KeyRepository, OperatorKeyRepository, PolicyRepository, Repositories, Retagged,
    SecretRepository, SessionRepository, SetupLinkRepository, StatusRepository, Store, StoreError,
    StoredGrant, TokenRepository, Transaction, UsageRecord, UserRepository,
};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::token::Usage;
use ats_pat_domain::{EventId, OperatorKeyId, PruningId, Tagged, Timestamp, TokenId};
use tokio::sync::watch;

type Hash = [u8; 32];

/// The store and its observations. All clones share them.
#[derive(Clone)]
pub struct Watched {
    store: Arc<dyn Store>,
    statements: Arc<Mutex<Vec<Vec<Hash>>>>,
    /// All other reads wait.
    passing: watch::Sender<Option<Hash>>,
    waiting: watch::Sender<usize>,
}

impl Watched {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            statements: Arc::default(),
            passing: watch::Sender::new(None),
            waiting: watch::Sender::new(0),
        }
    }

    /// The secrets that were read since the last call, by statement.
    pub fn statements(&self) -> Vec<Vec<Hash>> {
        let mut statements = self
            .statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *statements)
    }

    /// Makes every read wait, except one for only this secret.
    pub fn hold_all_but(&self, hash: Hash) {
        self.passing.send_replace(Some(hash));
    }

    pub fn let_go(&self) {
        self.passing.send_replace(None);
    }

    /// Returns once so many reads wait.
    pub async fn until_held(&self, count: usize) {
        let mut waiting = self.waiting.subscribe();
        let _ = waiting.wait_for(|waiting| *waiting == count).await;
    }
}

#[async_trait]
impl SecretRepository for Watched {
    async fn grants(&self, hashes: &[Hash]) -> Result<Vec<StoredGrant>, StoreError> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(hashes.to_vec());
        self.waiting.send_modify(|waiting| *waiting += 1);
        let mut passing = self.passing.subscribe();
        let passes = passing.wait_for(|passing| passing.is_none_or(|one| hashes == [one]));
        let passed = passes.await.map(|_| ());
        self.waiting.send_modify(|waiting| *waiting -= 1);
        passed.map_err(|error| StoreError::Other(error.into()))?;
        self.store.secrets().grants(hashes).await
    }

    async fn of_token(&self, id: TokenId) -> Result<Vec<Tagged<Secret>>, StoreError> {
        self.store.secrets().of_token(id).await
    }

    async fn after(
        &self,
        after: Option<Hash>,
        limit: u64,
    ) -> Result<Vec<Tagged<Secret>>, StoreError> {
        self.store.secrets().after(after, limit).await
    }
}

impl Repositories for Watched {
    fn users(&self) -> &dyn UserRepository {
        self.store.users()
    }

    fn identities(&self) -> &dyn IdentityRepository {
        self.store.identities()
    }

    fn directory_groups(&self) -> &dyn DirectoryGroupRepository {
        self.store.directory_groups()
    }

    fn tokens(&self) -> &dyn TokenRepository {
        self.store.tokens()
    }

    fn secrets(&self) -> &dyn SecretRepository {
        self
    }

    fn status_places(&self) -> &dyn StatusRepository {
        self.store.status_places()
    }

    fn sessions(&self) -> &dyn SessionRepository {
        self.store.sessions()
    }

    fn keys(&self) -> &dyn KeyRepository {
        self.store.keys()
    }

    fn events(&self) -> &dyn EventRepository {
        self.store.events()
    }

    fn setup_links(&self) -> &dyn SetupLinkRepository {
        self.store.setup_links()
    }

    fn operator_keys(&self) -> &dyn OperatorKeyRepository {
        self.store.operator_keys()
    }

    fn policy(&self) -> &dyn PolicyRepository {
        self.store.policy()
    }
}

#[async_trait]
impl Store for Watched {
    async fn begin(
        &self,
        change: EventId,
        order: ChangeOrder,
    ) -> Result<Box<dyn Transaction>, StoreError> {
        self.store.begin(change, order).await
    }

    async fn touch_session(
        &self,
        hash: &Hash,
        seen_at: Timestamp,
        seen_tag: &[u8],
    ) -> Result<(), StoreError> {
        self.store.touch_session(hash, seen_at, seen_tag).await
    }

    async fn touch_operator_key(&self, id: OperatorKeyId, used: &Usage) -> Result<(), StoreError> {
        self.store.touch_operator_key(id, used).await
    }

    async fn record_usage(&self, uses: &[UsageRecord]) -> Result<(), StoreError> {
        self.store.record_usage(uses).await
    }

    async fn delete_ended_sessions(
        &self,
        ended_before: Timestamp,
        idle_since: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let store = &self.store;
        store
            .delete_ended_sessions(ended_before, idle_since, limit)
            .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    fn vital(&self) -> &dyn Repositories {
        self
    }

    fn take_unreadable(&self) -> Vec<String> {
        self.store.take_unreadable()
    }

    async fn checkpoint(&self, newer_than: i64) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.checkpoint(newer_than).await
    }

    async fn keep_checkpoint(&self, seq: i64, parts: &[&[u8]]) -> Result<(), StoreError> {
        self.store.keep_checkpoint(seq, parts).await
    }

    async fn retag(&self, rows: &[Retagged]) -> Result<(), StoreError> {
        self.store.retag(rows).await
    }

    async fn prove_write(&self, size: usize) -> Result<(), StoreError> {
        self.store.prove_write(size).await
    }
}

#[async_trait]
impl EventPruning for Watched {
    async fn keep_carried(&self, id: PruningId, parts: &[&[u8]]) -> Result<(), StoreError> {
        self.store.keep_carried(id, parts).await
    }

    async fn carried(&self, id: PruningId) -> Result<Vec<u8>, StoreError> {
        self.store.carried(id).await
    }

    async fn forget_carried_but(&self, id: PruningId) -> Result<(), StoreError> {
        self.store.forget_carried_but(id).await
    }

    async fn forget_carried(&self, id: PruningId) -> Result<(), StoreError> {
        self.store.forget_carried(id).await
    }

    async fn removed_to(&self, id: PruningId) -> Result<i64, StoreError> {
        self.store.removed_to(id).await
    }

    async fn note_removed_to(&self, id: PruningId, seq: i64) -> Result<(), StoreError> {
        self.store.note_removed_to(id, seq).await
    }

    async fn numbers_from(&self, seq: i64, limit: u64) -> Result<Vec<i64>, StoreError> {
        self.store.numbers_from(seq, limit).await
    }

    async fn remove_events(&self, numbers: &[i64]) -> Result<(), StoreError> {
        self.store.remove_events(numbers).await
    }
}

//! The domain's ports to read and write, over the opened database.

use async_trait::async_trait;
use ats_pat_domain::port::{
    Capacity, ChangeOrder, DirectoryGroupRepository, EventRepository, IdentityRepository,
    KeyRepository, OperatorKeyRepository, PolicyRepository, Repositories, Retagged,
    SecretRepository, SessionRepository, SetupLinkRepository, StatusRepository, Store, StoreError,
    StoreFigures, TokenRepository, Transaction, UsageRecord, UserRepository,
};
use ats_pat_domain::token::Usage;
use ats_pat_domain::{EventId, OperatorKeyId, Timestamp};

use crate::channel::Channel;
use crate::database::Database;
use crate::failure::store_error;
use crate::transaction::StoreTransaction;
use crate::{checkpoints, operator_keys, retag, sessions, usage, write_proof};

impl Repositories for Database {
    fn users(&self) -> &dyn UserRepository {
        &self.reads
    }

    fn identities(&self) -> &dyn IdentityRepository {
        &self.reads
    }

    fn directory_groups(&self) -> &dyn DirectoryGroupRepository {
        &self.reads
    }

    fn tokens(&self) -> &dyn TokenRepository {
        &self.reads
    }

    fn secrets(&self) -> &dyn SecretRepository {
        &self.secrets
    }

    fn status_places(&self) -> &dyn StatusRepository {
        &self.reads
    }

    fn sessions(&self) -> &dyn SessionRepository {
        &self.reads
    }

    fn keys(&self) -> &dyn KeyRepository {
        &self.reads
    }

    fn events(&self) -> &dyn EventRepository {
        &self.reads
    }

    fn setup_links(&self) -> &dyn SetupLinkRepository {
        &self.reads
    }

    fn policy(&self) -> &dyn PolicyRepository {
        &self.reads
    }

    fn operator_keys(&self) -> &dyn OperatorKeyRepository {
        &self.reads
    }
}

impl Repositories for Channel {
    fn users(&self) -> &dyn UserRepository {
        self
    }

    fn identities(&self) -> &dyn IdentityRepository {
        self
    }

    fn directory_groups(&self) -> &dyn DirectoryGroupRepository {
        self
    }

    fn tokens(&self) -> &dyn TokenRepository {
        self
    }

    fn secrets(&self) -> &dyn SecretRepository {
        self
    }

    fn status_places(&self) -> &dyn StatusRepository {
        self
    }

    fn sessions(&self) -> &dyn SessionRepository {
        self
    }

    fn keys(&self) -> &dyn KeyRepository {
        self
    }

    fn events(&self) -> &dyn EventRepository {
        self
    }

    fn setup_links(&self) -> &dyn SetupLinkRepository {
        self
    }

    fn policy(&self) -> &dyn PolicyRepository {
        self
    }

    fn operator_keys(&self) -> &dyn OperatorKeyRepository {
        self
    }
}

#[async_trait]
impl Store for Database {
    async fn begin(
        &self,
        change: EventId,
        order: ChangeOrder,
    ) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(
            StoreTransaction::begin(self, change, order).await?,
        ))
    }

    async fn touch_session(
        &self,
        id_hash: &[u8; 32],
        seen_at: Timestamp,
        seen_tag: &[u8],
    ) -> Result<(), StoreError> {
        sessions::touch(&self.writes, id_hash, seen_at, seen_tag).await
    }

    async fn touch_operator_key(&self, id: OperatorKeyId, used: &Usage) -> Result<(), StoreError> {
        operator_keys::touch(&self.writes, id, used).await
    }

    async fn record_usage(&self, uses: &[UsageRecord]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let channel = self.transaction().await.map_err(store_error)?;
        let uses: Vec<_> = usage::latest(uses).into_values().collect();
        for part in usage::parts(&uses) {
            usage::record(&channel, part).await?;
        }
        channel.commit().await.map_err(store_error)
    }

    async fn delete_ended_sessions(
        &self,
        ended_before: Timestamp,
        idle_since: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        sessions::delete_ended(&self.writes, ended_before, idle_since, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // Taking a connection from a server's pool also checks that it leads to the primary.
        EventRepository::head(&*self.vital).await.map(|_| ())
    }

    fn take_unreadable(&self) -> Vec<String> {
        self.unreadable.take()
    }

    async fn checkpoint(&self, newer_than: i64) -> Result<Option<Vec<u8>>, StoreError> {
        checkpoints::read(&self.reads, newer_than).await
    }

    async fn keep_checkpoint(&self, seq: i64, parts: &[&[u8]]) -> Result<(), StoreError> {
        let channel = self.transaction().await.map_err(store_error)?;
        checkpoints::write(&channel, seq, parts).await?;
        channel.commit().await.map_err(store_error)
    }

    async fn retag(&self, rows: &[Retagged]) -> Result<(), StoreError> {
        let channel = self.transaction().await.map_err(store_error)?;
        for row in rows {
            retag::retag(&channel, row).await?;
        }
        channel.commit().await.map_err(store_error)
    }

    async fn prove_write(&self, size: usize) -> Result<(), StoreError> {
        write_proof::prove(&self.writes, &self.reads, size).await
    }

    fn vital(&self) -> &dyn Repositories {
        &*self.vital
    }

    fn hangs(&self) -> bool {
        self.pulse.is_silent()
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn figures(&self) -> StoreFigures {
        self.all_figures()
    }
}

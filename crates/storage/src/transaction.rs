//! A change under way.

use async_trait::async_trait;
use ats_pat_domain::event::Head;
use ats_pat_domain::port::{
    CommitError, EventRepository, KeyRepository, Repositories, SecretRepository, SessionRepository,
    SetupLinkRepository, StatusRepository, StoreError, TokenRepository, Transaction,
    UserRepository,
};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use crate::channel::{Channel, within};
use crate::database::Database;
use crate::events::lock_head;
use crate::failure::{Cause, commit_error, store_error};

/// A transaction that holds the counter row. Once a statement of it failed, or was given up, every further
/// one is refused, and COMMIT becomes ROLLBACK.
pub(crate) struct StoreTransaction {
    pub(crate) channel: Channel,
    head: Head,
    patience: std::time::Duration,
}

impl StoreTransaction {
    pub(crate) async fn begin(database: &Database) -> Result<Self, StoreError> {
        let patience = database.options.statement_timeout;
        let transaction = within(patience, immediate(&database.changes))
            .await
            .map_err(store_error)?;
        let channel = Channel::transaction(transaction, patience);
        let head = lock_head(&channel).await?;
        Ok(Self {
            channel,
            head,
            patience,
        })
    }
}

/// Begins a transaction; of SQLite one that may write from its first statement on, since a reader that
/// turns writer can't wait for another.
pub(crate) async fn immediate(
    connection: &DatabaseConnection,
) -> Result<DatabaseTransaction, sea_orm::DbErr> {
    connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
}

impl Repositories for StoreTransaction {
    fn users(&self) -> &dyn UserRepository {
        &self.channel
    }

    fn tokens(&self) -> &dyn TokenRepository {
        &self.channel
    }

    fn secrets(&self) -> &dyn SecretRepository {
        &self.channel
    }

    fn status_places(&self) -> &dyn StatusRepository {
        &self.channel
    }

    fn sessions(&self) -> &dyn SessionRepository {
        &self.channel
    }

    fn keys(&self) -> &dyn KeyRepository {
        &self.channel
    }

    fn events(&self) -> &dyn EventRepository {
        &self.channel
    }

    fn setup_links(&self) -> &dyn SetupLinkRepository {
        &self.channel
    }
}

#[async_trait]
impl Transaction for StoreTransaction {
    fn head(&self) -> Head {
        self.head
    }

    async fn commit(self: Box<Self>) -> Result<(), CommitError> {
        if let Some(failure) = self.channel.failure() {
            // Undone either way: no COMMIT was sent, and the connection rolls back before its next use.
            let _ = self.rollback().await;
            return Err(CommitError::Undone(failure));
        }
        let Some(transaction) = self.channel.into_transaction() else {
            return Ok(());
        };
        match tokio::time::timeout(self.patience, transaction.commit()).await {
            Ok(answer) => answer.map_err(|error| commit_error(&error)),
            Err(_) => Err(CommitError::Unknown(Box::new(Cause::new(
                "no answer in time",
            )))),
        }
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        match self.channel.into_transaction() {
            Some(transaction) => within(self.patience, transaction.rollback())
                .await
                .map_err(store_error),
            None => Ok(()),
        }
    }
}

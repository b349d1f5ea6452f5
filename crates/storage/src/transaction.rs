//! A change under way.

use std::sync::Arc;

use async_trait::async_trait;
use ats_pat_domain::EventId;
use ats_pat_domain::event::Head;
use ats_pat_domain::port::{
    ChangeOrder, CommitError, DirectoryGroupRepository, EventRepository, IdentityRepository,
    KeyRepository, OperatorKeyRepository, PolicyRepository, Repositories, SecretRepository,
    SessionRepository, SetupLinkRepository, StatusRepository, StoreError, TokenRepository,
    Transaction, UserRepository,
};
use parking_lot::Mutex;

use sea_orm::{ConnectionTrait, DbBackend};

use crate::channel::Channel;
use crate::claim;
use crate::database::Database;
use crate::failure::{Cause, commit_error, store_error};
use crate::turns::Turn;

/// A transaction that holds the counter row. Once one of its statements failed or was abandoned,
/// every further one is refused, and COMMIT becomes ROLLBACK.
pub(crate) struct StoreTransaction {
    pub(crate) channel: Channel,
    pub(crate) change: EventId,
    head: Head,
    /// The last event that was appended. The database has to show it after COMMIT.
    last: Mutex<Option<EventId>>,
    /// Connections other than the transaction's.
    others: Arc<Channel>,
    turn: Turn,
}

impl StoreTransaction {
    pub(crate) async fn begin(
        database: &Database,
        change: EventId,
        order: ChangeOrder,
    ) -> Result<Self, StoreError> {
        // This comes first, so that waiting for a connection doesn't use up the turn.
        let mut channel = database.transaction().await.map_err(store_error)?;
        let turn = database.turns.take(order);
        let turn = tokio::time::timeout(database.options.statement_timeout, turn)
            .await
            .ok()
            .flatten()
            .ok_or_else(|| StoreError::Unavailable("other changes take too long".into()))?;
        let head = claim::make(&mut channel, change).await?;
        Ok(Self {
            channel,
            change,
            head,
            last: Mutex::default(),
            others: Arc::clone(&database.vital),
            turn,
        })
    }

    pub(crate) fn appended(&self, event: EventId) {
        *self.last.lock() = Some(event);
    }

    /// An answer to COMMIT is only the database's claim. The proof is that other connections see
    /// the event. They don't see it if the database had already ended the transaction and committed
    /// nothing. For SQLite, the answer is proof enough: outside a transaction it refuses COMMIT,
    /// and it never ends one without failing a statement. But its file may be gone.
    async fn confirm(others: &Channel, event: EventId) -> Result<(), CommitError> {
        if others.get_database_backend() == DbBackend::Sqlite {
            let checked = others.check_file().map_err(store_error);
            return checked.map_err(CommitError::Unknown);
        }
        match others.seq_of(event).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => {
                let cause = Cause::new("COMMIT was answered, but the event is not there");
                Err(CommitError::Unknown(StoreError::Other(Box::new(cause))))
            }
            Err(error) => Err(CommitError::Unknown(error)),
        }
    }
}

impl Repositories for StoreTransaction {
    fn users(&self) -> &dyn UserRepository {
        &self.channel
    }

    fn identities(&self) -> &dyn IdentityRepository {
        &self.channel
    }

    fn directory_groups(&self) -> &dyn DirectoryGroupRepository {
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

    fn policy(&self) -> &dyn PolicyRepository {
        &self.channel
    }

    fn operator_keys(&self) -> &dyn OperatorKeyRepository {
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
            // It is undone either way, because no COMMIT was sent, and a connection that can't roll
            // back is closed.
            let _ = self.channel.rollback().await;
            return Err(CommitError::Undone(failure));
        }
        let last = *self.last.lock();
        self.channel.commit().await.map_err(commit_error)?;
        drop(self.turn);
        match last {
            Some(event) => Self::confirm(&self.others, event).await,
            None => Ok(()),
        }
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        // A failure of the network or of the disk is final. Any other failure may come from rows
        // that were undone.
        let may_be_ended = !matches!(
            self.channel.failure(),
            Some(
                StoreError::Retryable(_) | StoreError::Unavailable(_) | StoreError::Storage { .. }
            )
        );
        let ended = (may_be_ended && claim::was_ended(&self.channel).await)
            .then(|| claim::ended(&self.channel));
        // If this fails, the connection is closed, which undoes the change as well.
        let rolled_back = self.channel.rollback().await.map_err(store_error);
        ended.map_or(rolled_back, Err)
    }
}

#[cfg(test)]
mod tests;

//! The way of a change: lock, check the authority, decide, write rows and event, commit, wait,
//! answer.

mod authority;
mod changes;
mod check;
mod draft;
mod retry;
mod taken;
mod write_check;

use std::future::Future;
use std::time::Duration;

use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::{ChangeOrder, CommitError, StoreError, Transaction};
use ats_pat_domain::{Event, EventId, Timestamp};

use crate::ledger::currency::{FIRST_EPOCH, Patience, epoch_of};
use crate::ledger::{Entry, RowChange};
use crate::service::error::{Error, causes};

pub(crate) use authority::Authority;
pub(crate) use changes::{CONFIRMED, Changes};
pub(crate) use check::has_administrator;
pub(crate) use draft::{Draft, Judgement};
pub(crate) use taken::Taken;

/// How often the event of a change is looked for after the answer to COMMIT was lost.
const LOOKS: u32 = 5;

/// One change: decides on what the transaction reads, and writes through the [`Draft`].
pub(crate) trait Change: Send + Sync + 'static {
    type Output: Send + 'static;

    /// Refuses, or writes, and says what it takes away; without an entry nothing is committed. The
    /// authority was checked before.
    fn apply(
        &self,
        draft: &Draft<'_>,
    ) -> impl Future<Output = Result<(Self::Output, Taken), Error>> + Send;
}

impl Changes {
    /// Runs `change` in a task of its own, so that a caller who hangs up does not cancel it. It
    /// does not wait: use cases call [`Service::change`](crate::Service), which does.
    pub(crate) async fn run<C: Change>(
        &self,
        authority: Authority,
        change: C,
    ) -> Result<(C::Output, Taken), Error> {
        let changes = self.clone();
        let task = tokio::spawn(async move { changes.run_here(&authority, &change).await });
        task.await
            .map_err(|error| Error::Interrupted(error.into()))?
    }

    async fn run_here<C: Change>(
        &self,
        authority: &Authority,
        change: &C,
    ) -> Result<(C::Output, Taken), Error> {
        if self.anchor.is_lost() {
            return Err(Error::LogLost);
        }
        // Made before the transaction, and the same in every attempt: each one before is proven
        // undone.
        let id = EventId::new(self.clock.now(), self.random()?);
        self.run_as(authority, change, id).await
    }

    async fn attempt<C: Change>(
        &self,
        authority: &Authority,
        change: &C,
        id: EventId,
        order: ChangeOrder,
    ) -> Result<(C::Output, Taken), Error> {
        if self.currency.is_ready().is_err() {
            // Before others wait for this change. What takes away goes on without.
            let begun = self.currency.follow_within(Patience::Short, Head::EMPTY);
            if let Err(error) = begun.await {
                tracing::debug!(cause = %causes(&error), "a change begins before the event log was read");
            }
        }
        let transaction = self.store.begin(id, order).await?;
        let epoch = self.epoch_after(&*transaction).await?;
        // The next attempt has waited.
        let may_wait = order == ChangeOrder::Last && self.currency.is_patient();
        let mut draft = Draft::new(&*transaction, self, authority, id, self.random()?, epoch);
        draft.may_wait = may_wait;
        let decided = match check::check(authority, &draft).await {
            Ok(found) => {
                draft.found = found;
                change.apply(&draft).await
            }
            Err(refused) => Err(refused),
        };
        let decided = match draft.failure() {
            Some(failure) => Err(failure.into()),
            None => decided,
        };
        let now = draft.now;
        let (entries, ended) = draft.into_parts();
        let (output, taken) = match decided {
            Ok(decided) if !entries.is_empty() => decided,
            other => {
                take_back(transaction).await?;
                return other;
            }
        };
        let before = transaction.head();
        let after = match self.append(&*transaction, entries, now).await {
            Ok(after) => after,
            Err(error) => {
                take_back(transaction).await?;
                return Err(error);
            }
        };
        match transaction.commit().await {
            Ok(()) => {}
            Err(CommitError::Undone(error)) => return Err(error.into()),
            Err(CommitError::Unknown(cause)) => self.look_for(id, cause).await?,
        }
        self.writes.worked(self.clock.since_boot());
        self.anchor.moved(before, after);
        Ok((output, taken.max(ended)))
    }

    async fn append(
        &self,
        transaction: &dyn Transaction,
        entries: Vec<(EventId, Entry, Vec<RowChange>)>,
        now: Timestamp,
    ) -> Result<Head, Error> {
        let mut head = transaction.head();
        for (id, entry, rows) in entries {
            let event = entry.into_event(&self.roots, &head, id, now, &rows, self.random()?)?;
            transaction.append(&event).await?;
            head = event.head();
        }
        Ok(head)
    }

    /// The epoch that the change's events belong to. Where the log was not read yet, its own word
    /// has to do: a wrong one makes rows that grant nothing.
    async fn epoch_after(&self, transaction: &dyn Transaction) -> Result<[u8; 16], Error> {
        let head = transaction.head();
        if let Some(epoch) = self.currency.epoch_after(head) {
            return Ok(epoch);
        }
        // A little behind the log is soon followed; one that was not read yet would keep others
        // waiting.
        if self.currency.is_ready().is_ok()
            && self
                .currency
                .follow_within(Patience::Short, head)
                .await
                .is_ok()
            && let Some(epoch) = self.currency.epoch_after(head)
        {
            return Ok(epoch);
        }
        let mut last: Option<Event> = None;
        for kind in [EventKind::DatabaseUpgraded, EventKind::RestoreAccepted] {
            let event = transaction.events().last_of_kind(kind.as_str()).await?;
            if event.as_ref().map(|event| event.seq) > last.as_ref().map(|event| event.seq) {
                last = event;
            }
        }
        Ok(last.map_or(FIRST_EPOCH, |event| epoch_of(event.id)))
    }

    /// After a lost answer to COMMIT: the change happened if the primary holds its event. Not
    /// finding it proves nothing, since the database may still be at work on it.
    async fn look_for(&self, id: EventId, cause: StoreError) -> Result<(), Error> {
        self.writes.failed(&cause);
        for look in 1..=LOOKS {
            match self.store.events().seq_of(id).await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => tracing::debug!(look, "the event of a change is not there"),
                Err(error) => {
                    tracing::debug!(look, cause = %causes(&error), "the event of a change could not be looked for");
                }
            }
            // Longer each time: the database may still be at work on it.
            self.pause(Duration::from_millis(5) * 2_u32.pow(look))
                .await?;
        }
        Err(Error::Uncertain(cause.into()))
    }
}

/// Where the rollback gets no answer, the connection ends with it, and so does the change.
///
/// # Errors
/// [`StoreError::Retryable`] where the database had ended the transaction before: then what the
/// change decided, it decided without the lock.
async fn take_back(transaction: Box<dyn Transaction>) -> Result<(), Error> {
    match transaction.rollback().await {
        Err(error @ StoreError::Retryable(_)) => Err(error.into()),
        Err(error) => {
            tracing::debug!(cause = %causes(&error), "a change could not be rolled back");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

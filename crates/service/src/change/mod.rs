//! How every change runs: lock, check of the authority, decision, rows and event, COMMIT, wait,
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
use ats_pat_domain::{Event, EventId, Problem, Timestamp};
use tracing::{Instrument as _, info_span};

use crate::ledger::currency::{FIRST_EPOCH, Patience, epoch_of};
use crate::ledger::{Entry, RowChange};
use crate::service::error::{Error, causes};
use crate::service::security;
use crate::service::turns::{Claim, Rank};

pub(crate) use authority::Authority;
pub(crate) use changes::{CONFIRMED, Changes, changes_turns};
pub(crate) use check::{BY_SETUP_LINK, is_set_up};
pub(crate) use draft::{Draft, Judgement};
pub(crate) use taken::Taken;

/// How often the change looks for its event after the answer to COMMIT was lost.
const LOOKS: u32 = 5;

/// A change decides by what its transaction reads, and writes through the [`Draft`].
pub(crate) trait Change: Send + Sync + 'static {
    type Output: Send + 'static;

    /// When its turn comes. A change that takes rights away is of the first rank, and never refused
    /// because of others. The second rank is for what exchanges and sign-ins need.
    fn rank(&self) -> Rank {
        Rank::Third
    }

    /// Refuses, or writes and returns what was taken away. Without an entry for the log, nothing is
    /// committed. The authority was checked before.
    fn apply(
        &self,
        draft: &Draft<'_>,
    ) -> impl Future<Output = Result<(Self::Output, Taken), Error>> + Send;
}

impl Changes {
    /// Runs `change` in a task of its own, so a caller who hangs up doesn't cancel it. It does not
    /// wait for other servers. Use cases call [`Service::change`](crate::Service), which does.
    ///
    /// It waits for its turn first. A caller who hangs up before that leaves the queue.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] if the turn would come too late, so that nothing has begun. Then
    /// those of the change.
    pub(crate) async fn run<C: Change>(
        &self,
        authority: Authority,
        change: C,
    ) -> Result<(C::Output, Taken), Error> {
        let waits = self.noted.under_way.enter();
        let claim = Claim {
            from: authority.actor(),
            rank: change.rank(),
        };
        let Some(turn) = self.turns.turn(claim).await else {
            let refused = Err(Problem::Unavailable.into());
            self.noted.outcomes.note(&refused);
            return refused;
        };
        let changes = self.clone();
        let work = async move {
            let _under_way = changes.noted.under_way.enter();
            let result = changes.run_here(&authority, &change).await;
            drop(turn);
            changes.noted.outcomes.note(&result);
            result
        };
        let task = tokio::spawn(work.instrument(info_span!("change")));
        drop(waits);
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
        // The id is made before the transaction and is the same in every attempt, because each
        // earlier attempt was undone for certain.
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
            // This is before the lock, while nobody waits for this change. A change that takes
            // rights away goes on without the log.
            let begun = self.currency.follow_within(Patience::Short, Head::EMPTY);
            if let Err(error) = begun.await {
                tracing::debug!(cause = %causes(&error), "a change begins before the event log was read");
            }
        }
        let begun = self.store.begin(id, order);
        let transaction = begun.instrument(info_span!("change.lock")).await?;
        let epoch = self.epoch_after(&*transaction).await?;
        // Later attempts have waited already.
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
        let (after, events) = match self.append(&*transaction, entries, now).await {
            Ok(appended) => appended,
            Err(error) => {
                take_back(transaction).await?;
                return Err(error);
            }
        };
        let begun = self.clock.since_boot();
        let committed = transaction.commit();
        let committed = committed.instrument(info_span!("change.commit")).await;
        let took = self.clock.since_boot().saturating_sub(begun);
        self.noted.commits.note(took);
        match committed {
            Ok(()) => {}
            Err(CommitError::Undone(error)) => return Err(error.into()),
            Err(CommitError::Unknown(cause)) => self.look_for(id, cause).await?,
        }
        self.writes.worked(self.clock.since_boot());
        self.anchor.moved(before, after);
        security::tell_of(&events);
        Ok((output, taken.max(ended)))
    }

    async fn append(
        &self,
        transaction: &dyn Transaction,
        entries: Vec<(EventId, Entry, Vec<RowChange>)>,
        now: Timestamp,
    ) -> Result<(Head, Vec<Event>), Error> {
        let mut head = transaction.head();
        let mut events = Vec::with_capacity(entries.len());
        for (id, entry, rows) in entries {
            let event = entry.into_event(&self.roots, &head, id, now, &rows, self.random()?)?;
            transaction.append(&event).await?;
            head = event.head();
            events.push(event);
        }
        Ok((head, events))
    }

    /// The epoch of the change's events. If the log was not read yet, the epoch of its last event
    /// must do. If that is wrong, the rows of this change grant nothing.
    async fn epoch_after(&self, transaction: &dyn Transaction) -> Result<[u8; 16], Error> {
        let head = transaction.head();
        if let Some(epoch) = self.currency.epoch_after(head) {
            return Ok(epoch);
        }
        // It is worth waiting for a few new events, but not for a log that was not read yet,
        // because others wait for this change.
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

    /// Looks for the event after the answer to COMMIT was lost. If the primary has it, the change
    /// happened. If not, that proves nothing, because the database may still be working on it.
    async fn look_for(&self, id: EventId, cause: StoreError) -> Result<(), Error> {
        self.writes.failed(&cause);
        for look in 1..=LOOKS {
            match self.store.vital().events().seq_of(id).await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => tracing::debug!(look, "the event of a change is not there"),
                Err(error) => {
                    tracing::debug!(look, cause = %causes(&error), "the event of a change could not be looked for");
                }
            }
            // Each pause is longer, because the database may still be working on the change.
            self.pause(Duration::from_millis(5) * 2_u32.pow(look))
                .await?;
        }
        Err(Error::Uncertain(cause.into()))
    }
}

/// If the rollback gets no answer, the connection is closed, which also undoes the change.
///
/// # Errors
/// [`StoreError::Retryable`] if the database had ended the transaction before, because the change
/// then decided without the lock.
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

//! The way of a change: lock, decide, write rows and event, commit, answer.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{
    ChangeOrder, Clock, CommitError, Randomness, SetupLink, Store, StoreError, Transaction,
};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{EventId, Session, StatusPlace, Tagged, Timestamp, Token, User, UserId};

use crate::anchor::Anchor;
use crate::error::{Error, causes};
use crate::ledger::{Entry, PLACES_GIVEN, PLACES_REVOKED, QUARANTINED, RowChange};
use crate::rows::{Roots, Row};
use crate::write_check::WriteCheck;

/// How long a change is tried again while the database asks for it; a caller that waits longer has given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the event of a change is looked for after the answer to COMMIT was lost.
const LOOKS: u32 = 5;

/// One change: decides on what the transaction reads, and writes through the [`Draft`].
pub(crate) trait Change: Send + Sync + 'static {
    type Output: Send + 'static;

    /// Refuses, or writes; without an entry nothing is committed.
    fn apply(&self, draft: &Draft<'_>) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// Runs changes.
#[derive(Clone)]
pub(crate) struct Changes {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) roots: Arc<Roots>,
    pub(crate) anchor: Arc<Anchor>,
    pub(crate) writes: Arc<WriteCheck>,
}

impl Changes {
    /// Runs `change` in a task of its own: who hangs up does not cancel it.
    pub(crate) async fn run<C: Change>(&self, change: C) -> Result<C::Output, Error> {
        let changes = self.clone();
        let task = tokio::spawn(async move { changes.run_here(&change).await });
        task.await
            .map_err(|error| Error::Interrupted(error.into()))?
    }

    async fn run_here<C: Change>(&self, change: &C) -> Result<C::Output, Error> {
        if self.anchor.is_lost() {
            return Err(Error::LogLost);
        }
        // Made before the transaction, and the same in every attempt: each one before is proven undone.
        let id = EventId::new(self.clock.now(), self.random()?);
        let begun = self.clock.since_boot();
        let mut attempt = 1_u32;
        loop {
            let order = if attempt == 1 {
                ChangeOrder::Last
            } else {
                ChangeOrder::First
            };
            match self.attempt(change, id, order).await {
                Err(Error::Store(StoreError::Retryable(cause)))
                    if self.clock.since_boot().saturating_sub(begun) < PATIENCE =>
                {
                    tracing::debug!(attempt, cause, "the database asks to try a change again");
                    // At once, as a rule: what put it out is over.
                    self.pause(Duration::from_millis(4) * attempt.saturating_sub(7).clamp(1, 10))
                        .await?;
                    attempt += 1;
                }
                other => {
                    if let Err(Error::Store(error)) = &other {
                        self.writes.failed(error);
                    }
                    return other;
                }
            }
        }
    }

    async fn attempt<C: Change>(
        &self,
        change: &C,
        id: EventId,
        order: ChangeOrder,
    ) -> Result<C::Output, Error> {
        let transaction = self.store.begin(id, order).await?;
        let draft = Draft {
            transaction: &*transaction,
            changes: self,
            now: self.clock.now(),
            written: Mutex::default(),
        };
        let decided = change.apply(&draft).await;
        let now = draft.now;
        let entries = draft.into_entries();
        let output = match decided {
            Ok(output) if !entries.is_empty() => output,
            other => {
                take_back(transaction).await?;
                return other;
            }
        };
        let before = transaction.head();
        let after = match self.append(&*transaction, entries, id, now).await {
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
        Ok(output)
    }

    async fn append(
        &self,
        transaction: &dyn Transaction,
        entries: Vec<(Entry, Vec<RowChange>)>,
        first: EventId,
        now: Timestamp,
    ) -> Result<Head, Error> {
        let mut head = transaction.head();
        let mut id = first;
        for (entry, rows) in entries {
            let event = entry.into_event(&self.roots, &head, id, now, &rows, self.random()?)?;
            transaction.append(&event).await?;
            head = Head {
                seq: event.seq,
                hash: event.hash,
            };
            id = EventId::new(now, self.random()?);
        }
        Ok(head)
    }

    /// After a lost answer to COMMIT: the change happened if the primary holds its event. Not finding it
    /// proves nothing, since the database may still be at work on it.
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

    /// Waits at least half of `longest`, and never as long as another that waits.
    async fn pause(&self, longest: Duration) -> Result<(), Error> {
        let [random] = self.random::<1>()?;
        tokio::time::sleep(longest / 2 + longest.mul_f64(f64::from(random) / 512.0)).await;
        Ok(())
    }

    /// `N` random bytes.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// Where the rollback gets no answer, the connection ends with it, and so does the change.
///
/// # Errors
/// [`StoreError::Retryable`] where the database had ended the transaction before: then what the change decided, it
/// decided without the lock.
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

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// From this service, as it is.
    Genuine,
    /// From somebody else, or altered.
    Planted,
}

#[derive(Default)]
struct Written {
    rows: Vec<RowChange>,
    places_given: Vec<u64>,
    places_revoked: Vec<u64>,
    quarantined: Vec<String>,
    entries: Vec<(Entry, Vec<RowChange>)>,
}

/// A change while it is being made: reads see its own writes, and each row that is written is tagged and
/// noted for the next entry.
pub(crate) struct Draft<'a> {
    transaction: &'a dyn Transaction,
    changes: &'a Changes,
    /// Read after the counter row was locked, so that times follow the order of changes.
    pub(crate) now: Timestamp,
    written: Mutex<Written>,
}

impl<'a> Draft<'a> {
    /// The transaction's repositories.
    pub(crate) fn read(&self) -> &'a dyn Transaction {
        self.transaction
    }

    /// The row, if its tag holds.
    pub(crate) fn check<R: Row>(&self, tagged: Tagged<R>) -> Result<R, Error> {
        self.changes.roots.check(tagged)
    }

    /// The row, and whether its tag holds. What only takes away goes on without: nobody who can only write to the
    /// database keeps a right from being taken.
    pub(crate) fn judge<R: Row>(&self, tagged: Tagged<R>) -> (R, Judgement) {
        let judgement = if self.changes.roots.is_genuine(&tagged) {
            Judgement::Genuine
        } else {
            Judgement::Planted
        };
        (tagged.row, judgement)
    }

    /// Notes for the next entry that this row was planted or altered, and is ended with it. `audit verify` tells of it
    /// for ever, whatever becomes of the row.
    pub(crate) fn quarantine<R: Row>(&self, row: &R) {
        let name = format!("{} of {}", row.row_id(), R::TABLE);
        tracing::error!(row = name, "a row was planted or altered, and is ended");
        self.written().quarantined.push(name);
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        self.changes.random()
    }

    /// The root keys.
    pub(crate) fn roots(&self) -> &'a Roots {
        &self.changes.roots
    }

    /// Says what was done; takes up the rows written since the last entry.
    pub(crate) fn record(&self, mut entry: Entry) {
        let mut written = self.written();
        let rows = std::mem::take(&mut written.rows);
        let places = [
            (PLACES_GIVEN, std::mem::take(&mut written.places_given)),
            (PLACES_REVOKED, std::mem::take(&mut written.places_revoked)),
        ];
        for (name, places) in places {
            if !places.is_empty() {
                entry = entry.detail(name, places);
            }
        }
        let quarantined = std::mem::take(&mut written.quarantined);
        if !quarantined.is_empty() {
            entry = entry.detail(QUARANTINED, quarantined);
        }
        written.entries.push((entry, rows));
    }

    pub(crate) async fn insert_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag(user);
        Ok(self.transaction.insert_user(&tagged).await?)
    }

    pub(crate) async fn update_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag(user);
        Ok(self.transaction.update_user(&tagged).await?)
    }

    pub(crate) async fn insert_token(&self, token: Token) -> Result<(), Error> {
        let tagged = self.tag(token);
        Ok(self.transaction.insert_token(&tagged).await?)
    }

    pub(crate) async fn update_token(&self, token: Token) -> Result<(), Error> {
        let tagged = self.tag(token);
        Ok(self.transaction.update_token(&tagged).await?)
    }

    pub(crate) async fn insert_secret(&self, secret: Secret) -> Result<(), Error> {
        let tagged = self.tag(secret);
        Ok(self.transaction.insert_secret(&tagged).await?)
    }

    pub(crate) async fn update_secret(&self, secret: Secret) -> Result<(), Error> {
        let tagged = self.tag(secret);
        Ok(self.transaction.update_secret(&tagged).await?)
    }

    /// Removes a secret that was planted or altered.
    pub(crate) async fn delete_secret(&self, secret: &Secret) -> Result<(), Error> {
        self.transaction.delete_secret(&secret.hash).await?;
        self.note(Secret::TABLE, secret.row_id(), None);
        Ok(())
    }

    /// Adds a place in the status list: it says that nothing is revoked there.
    pub(crate) async fn insert_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.note_place(&place);
        let tagged = self.tag(place);
        Ok(self.transaction.insert_status_place(&tagged).await?)
    }

    /// Writes a place in the status list.
    pub(crate) async fn update_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.note_place(&place);
        let tagged = self.tag(place);
        Ok(self.transaction.update_status_place(&tagged).await?)
    }

    pub(crate) async fn insert_session(&self, session: Session) -> Result<(), Error> {
        let tagged = self.tag(session);
        Ok(self.transaction.insert_session(&tagged).await?)
    }

    pub(crate) async fn delete_session(&self, session: &Session) -> Result<(), Error> {
        self.transaction.delete_session(&session.id_hash).await?;
        self.note(Session::TABLE, session.row_id(), None);
        Ok(())
    }

    /// Ends every session of a user; gives how many.
    pub(crate) async fn delete_sessions_of(&self, user: UserId) -> Result<u64, Error> {
        for session in self.transaction.sessions().of_user(user).await? {
            self.note(Session::TABLE, session.row.row_id(), None);
        }
        Ok(self.transaction.delete_sessions_of(user).await?)
    }

    pub(crate) async fn insert_root_key(&self, key: &StoredRootKey) -> Result<(), Error> {
        Ok(self.transaction.insert_root_key(key).await?)
    }

    pub(crate) async fn update_root_key(&self, key: &StoredRootKey) -> Result<(), Error> {
        Ok(self.transaction.update_root_key(key).await?)
    }

    pub(crate) async fn insert_signing_key(&self, key: StoredSigningKey) -> Result<(), Error> {
        let tagged = self.tag(key);
        self.transaction.insert_signing_key(&tagged).await?;
        Ok(self.transaction.bump_ring_version().await?)
    }

    pub(crate) async fn update_signing_key(&self, key: StoredSigningKey) -> Result<(), Error> {
        let tagged = self.tag(key);
        self.transaction.update_signing_key(&tagged).await?;
        Ok(self.transaction.bump_ring_version().await?)
    }

    pub(crate) async fn replace_setup_link(&self, link: SetupLink) -> Result<(), Error> {
        let tagged = self.tag(link);
        Ok(self.transaction.replace_setup_link(&tagged).await?)
    }

    pub(crate) async fn delete_setup_link(&self, link: &SetupLink) -> Result<(), Error> {
        self.transaction.delete_setup_link().await?;
        self.note(SetupLink::TABLE, link.row_id(), None);
        Ok(())
    }

    fn tag<R: Row>(&self, row: R) -> Tagged<R> {
        let tagged = self.changes.roots.tag(row);
        self.note(
            R::TABLE,
            tagged.row.row_id(),
            Some(tagged.tag.bytes.clone()),
        );
        tagged
    }

    fn note(&self, table: &'static str, id: String, tag: Option<Vec<u8>>) {
        self.written().rows.push(RowChange { table, id, tag });
    }

    fn note_place(&self, place: &StatusPlace) {
        let mut written = self.written();
        if place.revoked {
            written.places_revoked.push(place.index);
        } else {
            written.places_given.push(place.index);
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_entries(self) -> Vec<(Entry, Vec<RowChange>)> {
        self.written
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .entries
    }
}

//! A change while it is being made: what it reads is judged, what it writes is tagged and noted.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{SetupLink, Transaction};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{Problem, Session, StatusPlace, Tagged, Timestamp, Token, User, UserId};

use super::authority::{Authority, Found};
use super::{Changes, Taken};
use crate::error::Error;
use crate::ledger::{Entry, PLACES_GIVEN, PLACES_REVOKED, QUARANTINED, RowChange};
use crate::rows::{Roots, Row};

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
    /// Whether a token or a secret was ended.
    has_ended: bool,
}

/// A change while it is being made: reads see its own writes, and each row that is written is tagged and
/// noted for the next entry.
pub(crate) struct Draft<'a> {
    transaction: &'a dyn Transaction,
    changes: &'a Changes,
    authority: &'a Authority,
    found: Found,
    /// Read after the counter row was locked, so that times follow the order of changes.
    pub(crate) now: Timestamp,
    written: Mutex<Written>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        transaction: &'a dyn Transaction,
        changes: &'a Changes,
        authority: &'a Authority,
    ) -> Self {
        Self {
            transaction,
            changes,
            authority,
            found: Found::Nothing,
            now: changes.clock.now(),
            written: Mutex::default(),
        }
    }

    pub(super) async fn check_authority(&mut self) -> Result<(), Error> {
        self.found = self.authority.check(self).await?;
        Ok(())
    }

    /// Who makes the change, as its events name them.
    pub(crate) fn actor(&self) -> Actor {
        self.authority.actor()
    }

    /// The user who makes the change, as this transaction sees them.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] under an authority that is no user's.
    pub(crate) fn user(&self) -> Result<&User, Error> {
        match &self.found {
            Found::User(user) => Ok(user),
            Found::SetupLink(_) | Found::Nothing => Err(Problem::SignInRequired.into()),
        }
    }

    /// The user whose tokens alone the change may touch; `None` under an authority over everybody's.
    ///
    /// # Errors
    /// As [`Draft::user`].
    pub(crate) fn only_of(&self) -> Result<Option<UserId>, Error> {
        if self.authority.reaches_everybody() {
            Ok(None)
        } else {
            Ok(Some(self.user()?.id))
        }
    }

    /// The set-up link whose code was shown.
    ///
    /// # Errors
    /// [`Error::SetupCodeInvalid`] under another authority.
    pub(crate) fn setup_link(&self) -> Result<&SetupLink, Error> {
        match &self.found {
            Found::SetupLink(link) => Ok(link),
            Found::User(_) | Found::Nothing => Err(Error::SetupCodeInvalid),
        }
    }

    /// The transaction's repositories.
    pub(crate) fn read(&self) -> &'a dyn Transaction {
        self.transaction
    }

    /// The row, if its tag holds.
    #[expect(
        clippy::unused_async,
        reason = "it will ask the event log whether the row is the last one"
    )]
    pub(crate) async fn check<R: Row>(&self, tagged: Tagged<R>) -> Result<R, Error> {
        self.changes.roots.check(tagged)
    }

    /// The row, if its tag holds; `None` where it was planted or altered, which is logged.
    pub(crate) async fn genuine<R: Row>(&self, tagged: Tagged<R>) -> Result<Option<R>, Error> {
        match self.check(tagged).await {
            Ok(row) => Ok(Some(row)),
            Err(Error::Tampered { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The row, and whether its tag holds. What only takes away goes on without: nobody who can only write to the
    /// database keeps a right from being taken.
    #[expect(
        clippy::unused_async,
        reason = "it will ask the event log whether the row is the last one"
    )]
    pub(crate) async fn judge<R: Row>(&self, tagged: Tagged<R>) -> (R, Judgement) {
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

    /// What the change says about itself, in the name of whoever makes it.
    pub(crate) fn entry(&self, kind: EventKind, subject: &impl ToString) -> Entry {
        Entry::new(kind, self.actor(), subject)
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
        self.written().has_ended |= token.revoked_at.is_some();
        let tagged = self.tag(token);
        Ok(self.transaction.update_token(&tagged).await?)
    }

    pub(crate) async fn insert_secret(&self, secret: Secret) -> Result<(), Error> {
        let tagged = self.tag(secret);
        Ok(self.transaction.insert_secret(&tagged).await?)
    }

    pub(crate) async fn update_secret(&self, secret: Secret) -> Result<(), Error> {
        self.written().has_ended |= secret.slot.is_none();
        let tagged = self.tag(secret);
        Ok(self.transaction.update_secret(&tagged).await?)
    }

    /// Removes a secret that was planted or altered.
    pub(crate) async fn delete_secret(&self, secret: &Secret) -> Result<(), Error> {
        self.transaction.delete_secret(&secret.hash).await?;
        self.written().has_ended = true;
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

    /// The entries, and what was taken by ending tokens and secrets: a change that says less waits all the same.
    pub(super) fn into_parts(self) -> (Vec<(Entry, Vec<RowChange>)>, Taken) {
        let written = self
            .written
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let ended = if written.has_ended {
            Taken::Now
        } else {
            Taken::Nothing
        };
        (written.entries, ended)
    }
}

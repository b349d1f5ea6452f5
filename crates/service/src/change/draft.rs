//! A change while it is being made: what it reads is judged, what it writes is tagged and noted.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ats_pat_auth::Origin;
use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{SetupLink, StoreError, Transaction};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    EventId, Problem, Session, StatusPlace, Tagged, Timestamp, Token, TokenId, User, UserId,
};

use super::authority::{Authority, Found};
use super::{Changes, Taken};
use crate::currency::{Patience, begins_an_epoch, epoch_of};
use crate::error::{Error, causes};
use crate::ledger::{Entry, PLACES_GIVEN, PLACES_REVOKED, QUARANTINED, Replaces, RowChange};
use crate::rows::{Grants, Roots, Row, altered, hex, told_tag};

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The one that the log says stands there.
    Genuine,
    /// From somebody else, altered, or an older one that was put back.
    Planted,
    /// From this service. Whether it was replaced can't be told now.
    Unknown,
}

#[derive(Default)]
struct Written {
    /// The ids of the events, that of the next entry last.
    ids: Vec<EventId>,
    /// Random: the ids behind the first are made of it.
    seed: [u8; 32],
    /// Since which event numbers are unique.
    epoch: [u8; 16],
    /// What was read, and so may be replaced.
    read: HashMap<(&'static str, String), Replaces>,
    rows: Vec<RowChange>,
    places_given: Vec<u64>,
    places_revoked: Vec<u64>,
    quarantined: Vec<String>,
    entries: Vec<(EventId, Entry, Vec<RowChange>)>,
    /// Whether a token or a secret was ended.
    has_ended: bool,
    /// For how long the log was waited for in vain.
    gave_up: Option<Patience>,
    /// Why a row could not be judged, where the transaction can't go on.
    failed: Option<StoreError>,
}

impl Written {
    fn next_id(&self, now: Timestamp) -> EventId {
        let number = self.ids.len().to_le_bytes();
        let hash = blake3::keyed_hash(&self.seed, &number);
        let mut random = [0; 10];
        random.copy_from_slice(&hash.as_bytes()[..10]);
        EventId::new(now, random)
    }
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
    /// Whether the change is tried again, after the log was read, if it can't be judged now whether a row stands there.
    pub(super) may_wait: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        transaction: &'a dyn Transaction,
        changes: &'a Changes,
        authority: &'a Authority,
        first: EventId,
        seed: [u8; 32],
        epoch: [u8; 16],
    ) -> Self {
        let written = Written {
            ids: vec![first],
            seed,
            epoch,
            ..Written::default()
        };
        Self {
            transaction,
            changes,
            authority,
            found: Found::Nothing,
            may_wait: false,
            now: changes.clock.now(),
            written: Mutex::new(written),
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

    /// The row, if it is the one that the log says stands there.
    ///
    /// # Errors
    /// [`Error::Tampered`] for a row that was planted, altered, or put back; [`Error::LogNotRead`].
    pub(crate) async fn check<R: Row>(&self, tagged: Tagged<R>) -> Result<R, Error> {
        let origin = self.roots().origin(&tagged);
        let origin = origin.ok_or_else(|| altered(&tagged.row, "was planted or altered"))?;
        self.follow(Patience::Prompt).await?;
        if !self.stands(&tagged, origin).await? {
            return Err(altered(&tagged.row, "is an older one, put back"));
        }
        self.note_read(&tagged.row, Some(origin));
        Ok(tagged.row)
    }

    /// The row, if it is the one that the log says stands there; `None` where it is not, which is logged.
    pub(crate) async fn genuine<R: Row>(&self, tagged: Tagged<R>) -> Result<Option<R>, Error> {
        match self.check(tagged).await {
            Ok(row) => Ok(Some(row)),
            Err(Error::Tampered { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The row, and whether it is the one that the log says stands there. What only takes away goes on without: nobody
    /// who can only write to the database keeps a right from being taken.
    pub(crate) async fn judge<R: Row>(&self, tagged: Tagged<R>) -> (R, Judgement) {
        let origin = self.roots().origin(&tagged);
        let judgement = match origin {
            None => Judgement::Planted,
            Some(origin) => {
                // What is left of a user can be given rights again, so it is worth a longer wait.
                let patience = if tagged.row.grants() == Grants::ForEver {
                    Patience::Prompt
                } else {
                    Patience::Short
                };
                let followed = self.follow(patience).await;
                let stands = match followed {
                    Ok(()) => self.stands(&tagged, origin).await,
                    Err(error) => Err(error),
                };
                match stands {
                    Ok(true) => Judgement::Genuine,
                    Ok(false) => Judgement::Planted,
                    Err(Error::Store(error)) => {
                        // A statement of this transaction failed: the whole of it is tried again, or given up.
                        self.written().failed = Some(error);
                        Judgement::Unknown
                    }
                    Err(error) => {
                        tracing::warn!(cause = %causes(&error), "a row can't be judged now; what takes away goes on");
                        Judgement::Unknown
                    }
                }
            }
        };
        self.note_read(&tagged.row, origin);
        (tagged.row, judgement)
    }

    /// Whether a row was planted, altered or put back, or that can't be told now. Unlike [`judge`](Self::judge) it reads no
    /// event: for rows of which there are many.
    pub(crate) async fn may_be_replaced<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        let Some(origin) = self.roots().origin(tagged) else {
            return true;
        };
        let currency = &self.changes.currency;
        let stands = match self.follow(Patience::Short).await {
            Ok(()) => currency.judge(R::TABLE, &tagged.row.row_id(), origin),
            Err(error) => Err(error),
        };
        !stands.unwrap_or(false)
    }

    /// Makes sure that the log is known up to where this change begins. Others wait meanwhile, so a change waits once: what
    /// could not be read for one row is not waited for at the next.
    async fn follow(&self, patience: Patience) -> Result<(), Error> {
        let gave_up = self.written().gave_up;
        if gave_up.is_some_and(|before| before >= patience) {
            return Err(Error::LogNotRead);
        }
        let followed = self
            .changes
            .currency
            .follow_within(patience, self.transaction.head())
            .await;
        if followed.is_err() {
            self.written().gave_up = Some(patience);
        }
        followed
    }

    async fn stands<R: Row>(&self, tagged: &Tagged<R>, origin: Origin) -> Result<bool, Error> {
        let head = self.transaction.head();
        if origin.seq > head.seq && self.is_own(origin) {
            return Ok(true);
        }
        let currency = &self.changes.currency;
        if currency.epoch_after(head).is_none() {
            // This database is behind what was read of the log before.
            return Err(Error::LogNotRead);
        }
        let id = tagged.row.row_id();
        Ok(currency.judge(R::TABLE, &id, origin)?
            && self
                .changes
                .confirmed(self.transaction, R::TABLE, &id, &tagged.tag, origin)
                .await?)
    }

    fn is_own(&self, origin: Origin) -> bool {
        let written = self.written();
        let mut ids = written.ids.iter();
        ids.any(|id| *id.as_uuid().as_bytes() == origin.event)
    }

    fn note_read<R: Row>(&self, row: &R, origin: Option<Origin>) {
        let mut written = self.written();
        let of_token = |id: TokenId| {
            let read = written.read.get(&(Token::TABLE, id.to_string()));
            read.and_then(|token| token.until)
        };
        let replaces = Replaces {
            seq: origin.map(|origin| origin.seq),
            // A row that this service did not write may say anything.
            until: origin.and_then(|_| row.grants().until_millis(of_token)),
        };
        written.read.insert((R::TABLE, row.row_id()), replaces);
    }

    /// Whether a row that can't be judged now had better wait: the change is tried again, after the log was read.
    pub(crate) fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Why the transaction can't go on, though what takes away would.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.written().failed.take()
    }

    /// Writes a session once more as it is: it goes on beside its user's row, which this change writes.
    pub(crate) async fn keep_session(&self, session: Tagged<Session>) -> Result<(), Error> {
        let (session, judgement) = self.judge(session).await;
        self.transaction.delete_session(&session.id_hash).await?;
        if judgement != Judgement::Genuine {
            self.note_removed(&session);
            return Ok(());
        }
        let tagged = self.tag(session);
        Ok(self.transaction.insert_session(&tagged).await?)
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
        let next = written.next_id(self.now);
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
        let id = written.ids.last().copied().unwrap_or(next);
        if begins_an_epoch(entry.kind()) {
            written.epoch = epoch_of(id);
        }
        written.entries.push((id, entry, rows));
        written.ids.push(next);
    }

    pub(crate) async fn insert_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag_new(user);
        Ok(self.transaction.insert_user(&tagged).await?)
    }

    pub(crate) async fn update_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag(user);
        Ok(self.transaction.update_user(&tagged).await?)
    }

    pub(crate) async fn insert_token(&self, token: Token) -> Result<(), Error> {
        let tagged = self.tag_new(token);
        Ok(self.transaction.insert_token(&tagged).await?)
    }

    pub(crate) async fn update_token(&self, token: Token) -> Result<(), Error> {
        self.written().has_ended |= token.revoked_at.is_some();
        let tagged = self.tag(token);
        Ok(self.transaction.update_token(&tagged).await?)
    }

    pub(crate) async fn insert_secret(&self, secret: Secret) -> Result<(), Error> {
        let tagged = self.tag_new(secret);
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
        self.note_removed(secret);
        Ok(())
    }

    /// Adds a place in the status list: it says that nothing is revoked there.
    pub(crate) async fn insert_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.note_place(&place);
        let tagged = self.tag_new(place);
        Ok(self.transaction.insert_status_place(&tagged).await?)
    }

    /// Writes a place in the status list.
    pub(crate) async fn update_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.note_place(&place);
        let tagged = self.tag(place);
        Ok(self.transaction.update_status_place(&tagged).await?)
    }

    pub(crate) async fn insert_session(&self, session: Session) -> Result<(), Error> {
        let tagged = self.tag_new(session);
        Ok(self.transaction.insert_session(&tagged).await?)
    }

    pub(crate) async fn delete_session(&self, session: &Tagged<Session>) -> Result<(), Error> {
        self.note_read(&session.row, self.roots().origin(session));
        self.transaction
            .delete_session(&session.row.id_hash)
            .await?;
        self.note_removed(&session.row);
        Ok(())
    }

    /// Ends a session of which nothing but its id is known.
    pub(crate) async fn delete_unreadable_session(&self, id_hash: &[u8; 32]) -> Result<(), Error> {
        self.transaction.delete_session(id_hash).await?;
        self.note_forgotten(Session::TABLE, hex(id_hash));
        Ok(())
    }

    /// Ends every session of a user; gives how many.
    pub(crate) async fn delete_sessions_of(&self, user: UserId) -> Result<u64, Error> {
        for session in self.transaction.sessions().of_user(user).await? {
            self.note_read(&session.row, self.roots().origin(&session));
            self.note_removed(&session.row);
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
        let tagged = self.tag_new(key);
        self.transaction.insert_signing_key(&tagged).await?;
        Ok(self.transaction.bump_ring_version().await?)
    }

    pub(crate) async fn update_signing_key(&self, key: StoredSigningKey) -> Result<(), Error> {
        let tagged = self.tag(key);
        self.transaction.update_signing_key(&tagged).await?;
        Ok(self.transaction.bump_ring_version().await?)
    }

    /// Says that no row of this signing key stands any more, whatever the table holds.
    pub(crate) fn forget_signing_key(&self, kid: &str) {
        tracing::error!(
            kid,
            "a signing key was removed or altered behind the program's back, and is ended"
        );
        self.note_forgotten(StoredSigningKey::TABLE, kid.to_owned());
    }

    /// Notes that a row stands no more of which nothing is known.
    fn note_forgotten(&self, table: &'static str, id: String) {
        self.written().rows.push(RowChange {
            table,
            id,
            tag: None,
            replaces: Some(Replaces::ANYTHING),
        });
    }

    /// Puts a link in the place of the one that is there, if there is one.
    pub(crate) async fn replace_setup_link(&self, link: SetupLink) -> Result<(), Error> {
        let tagged = match self.transaction.setup_links().current().await {
            Ok(Some(current)) => {
                self.note_read(&current.row, self.roots().origin(&current));
                self.tag(link)
            }
            Ok(None) => self.tag_new(link),
            // What can't be read is replaced all the same.
            Err(StoreError::Corrupt { .. }) => self.tag(link),
            Err(error) => return Err(error.into()),
        };
        Ok(self.transaction.replace_setup_link(&tagged).await?)
    }

    pub(crate) async fn delete_setup_link(&self, link: &SetupLink) -> Result<(), Error> {
        self.transaction.delete_setup_link().await?;
        self.note_removed(link);
        Ok(())
    }

    /// Tags a row that takes another's place.
    fn tag<R: Row>(&self, row: R) -> Tagged<R> {
        let replaces = self.replaced(&row);
        self.tag_as(row, Some(replaces))
    }

    /// Tags a row of which there was none before.
    fn tag_new<R: Row>(&self, row: R) -> Tagged<R> {
        self.tag_as(row, None)
    }

    fn tag_as<R: Row>(&self, row: R, replaces: Option<Replaces>) -> Tagged<R> {
        let tagged = self.roots().tag(row, self.origin());
        let tag = Some(told_tag(&tagged.tag));
        self.note(&tagged.row, tag, replaces);
        tagged
    }

    /// The event that the next entry becomes.
    fn origin(&self) -> Origin {
        let written = self.written();
        let before = i64::try_from(written.entries.len()).unwrap_or(i64::MAX);
        Origin {
            epoch: written.epoch,
            seq: self
                .transaction
                .head()
                .seq
                .saturating_add(before)
                .saturating_add(1),
            event: written
                .ids
                .last()
                .map_or([0; 16], |id| *id.as_uuid().as_bytes()),
        }
    }

    fn replaced<R: Row>(&self, row: &R) -> Replaces {
        let name = (R::TABLE, row.row_id());
        // Of what was not read nothing is known.
        let read = self.written().read.get(&name).copied();
        read.unwrap_or(Replaces::ANYTHING)
    }

    fn note_removed<R: Row>(&self, row: &R) {
        let replaces = self.replaced(row);
        self.note(row, None, Some(replaces));
    }

    fn note<R: Row>(&self, row: &R, tag: Option<String>, replaces: Option<Replaces>) {
        self.written().rows.push(RowChange {
            table: R::TABLE,
            id: row.row_id(),
            tag,
            replaces,
        });
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
    pub(super) fn into_parts(self) -> (Vec<(EventId, Entry, Vec<RowChange>)>, Taken) {
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

//! A change in progress. It judges the rows it reads, and tags and notes the rows it writes.

mod judging;
mod writing;

use std::collections::HashMap;

use ats_pat_auth::Origin;
use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::port::{SetupLink, StoreError, Transaction};
use ats_pat_domain::{EventId, Problem, SignInRule, StatusPlace, Tagged, Timestamp, User};
use parking_lot::Mutex;

use super::authority::{Authority, Found};
use super::changes::Changes;
use super::taken::Taken;
use crate::ledger::currency::{Patience, begins_an_epoch, epoch_of};
use crate::ledger::rows::{Roots, Row, logged_tag};
use crate::ledger::{Entry, PLACES_GIVEN, PLACES_REVOKED, QUARANTINED, Replaces, RowChange};
use crate::service::error::Error;
use crate::service::security::SECURITY;

pub(crate) use judging::Judgement;

#[derive(Default)]
struct Written {
    /// The ids of the events. The last one is for the next entry.
    ids: Vec<EventId>,
    /// Random bytes. All ids but the first are made from it.
    seed: [u8; 32],
    /// The epoch of the change's events. Event numbers are unique within an epoch.
    epoch: [u8; 16],
    /// The rows that were read, and that later writes may replace.
    read: HashMap<(&'static str, String), Replaces>,
    rows: Vec<RowChange>,
    places_given: Vec<u64>,
    places_revoked: Vec<u64>,
    quarantined: Vec<String>,
    entries: Vec<(EventId, Entry, Vec<RowChange>)>,
    /// Whether the change ended a token or a secret.
    has_ended: bool,
    /// How long the change waited for the log without success.
    gave_up: Option<Patience>,
    /// Why a row could not be judged, if that makes the transaction fail.
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

/// A change in progress. Reads see its own writes. Each row that it writes is tagged, and noted for
/// the next entry.
pub(crate) struct Draft<'a> {
    transaction: &'a dyn Transaction,
    changes: &'a Changes,
    authority: &'a Authority,
    pub(super) found: Found,
    /// This is read after the counter row was locked, so that times follow the order of changes.
    pub(crate) now: Timestamp,
    written: Mutex<Written>,
    /// Whether the change is tried again after the log was read, if it can't be told now whether a
    /// row is current.
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

    /// The actor in the change's events.
    pub(crate) fn actor(&self) -> Actor {
        self.authority.actor()
    }

    /// The user who makes the change, as this transaction reads them.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] if the authority is not a user's.
    pub(crate) fn user(&self) -> Result<&User, Error> {
        match &self.found {
            Found::User(user) => Ok(user),
            Found::SetupLink(_) | Found::Nothing => Err(Problem::SignInRequired.into()),
        }
    }

    /// Whether an administrator or an operator makes the change, and not a program with an operator
    /// key.
    pub(crate) fn is_by_administrator(&self) -> bool {
        match self.authority {
            Authority::Administrator(_) | Authority::Operator => true,
            Authority::OperatorKey(_) => false,
            _ => self.user().is_ok_and(|user| user.is_administrator),
        }
    }

    /// If `user` is an administrator, requires the right over administrators of an operator key.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub(crate) fn require_right_over(&self, user: &User) -> Result<(), Problem> {
        if user.is_administrator {
            self.authority.require(Right::Administrators)
        } else {
            Ok(())
        }
    }

    /// Whether the change may touch everybody's things.
    pub(crate) fn reaches_everybody(&self) -> bool {
        self.authority.reaches_everybody()
    }

    /// The set-up link whose code was shown.
    ///
    /// # Errors
    /// [`Error::SetupCodeInvalid`] if the authority is another.
    pub(crate) fn setup_link(&self) -> Result<&SetupLink, Error> {
        match &self.found {
            Found::SetupLink(link) => Ok(link),
            Found::User(_) | Found::Nothing => Err(Error::SetupCodeInvalid),
        }
    }

    /// The repositories of the transaction, which see its own writes.
    pub(crate) fn read(&self) -> &'a dyn Transaction {
        self.transaction
    }

    /// Notes for the next entry that this row was planted or altered, and that the change ends it.
    /// `audit verify` will always report it.
    pub(crate) fn quarantine<R: Row>(&self, row: &R) {
        self.quarantine_named(format!("{} of {}", row.row_id(), R::TABLE));
    }

    /// Notes the same of a row that can't be read, by its table, and by its key as far as that can
    /// be read.
    pub(crate) fn quarantine_named(&self, name: String) {
        tracing::error!(target: SECURITY, row = name, "a row was planted or altered, and is ended");
        self.written.lock().quarantined.push(name);
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        self.changes.random()
    }

    /// When users of identity providers must sign in there.
    pub(crate) fn sign_in_rules(&self) -> &'a [SignInRule] {
        &self.changes.sign_ins
    }

    /// The root keys, which tag and hash.
    pub(crate) fn roots(&self) -> &'a Roots {
        &self.changes.roots
    }

    /// An entry in the name of whoever makes the change.
    pub(crate) fn entry(&self, kind: EventKind, subject: &impl ToString) -> Entry {
        Entry::new(kind, self.actor(), subject)
    }

    /// Whether an entry names every row that was written.
    pub(crate) fn has_recorded_all(&self) -> bool {
        self.written.lock().rows.is_empty()
    }

    /// Records what was done, with the rows that were written since the last entry.
    pub(crate) fn record(&self, mut entry: Entry) {
        let mut written = self.written.lock();
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

    /// Tags a row that replaces another.
    fn tag<R: Row>(&self, row: R) -> Tagged<R> {
        let replaces = self.replaced(&row);
        self.tag_as(row, Some(replaces))
    }

    /// Tags a row that replaces none.
    fn tag_new<R: Row>(&self, row: R) -> Tagged<R> {
        self.tag_as(row, None)
    }

    fn tag_as<R: Row>(&self, row: R, replaces: Option<Replaces>) -> Tagged<R> {
        let tagged = self.roots().tag(row, self.origin());
        let tag = Some(logged_tag(&tagged.tag));
        self.note(&tagged.row, tag, replaces);
        tagged
    }

    /// The event that the next entry will become.
    fn origin(&self) -> Origin {
        let written = self.written.lock();
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
        // Nothing is known of a row that was not read.
        let read = self.written.lock().read.get(&name).copied();
        read.unwrap_or(Replaces::ANYTHING)
    }

    fn note_removed<R: Row>(&self, row: &R) {
        let replaces = self.replaced(row);
        self.note(row, None, Some(replaces));
    }

    fn note<R: Row>(&self, row: &R, tag: Option<String>, replaces: Option<Replaces>) {
        self.written.lock().rows.push(RowChange {
            table: R::TABLE,
            id: row.row_id(),
            tag,
            replaces,
        });
    }

    fn note_place(&self, place: &StatusPlace) {
        let mut written = self.written.lock();
        if place.revoked {
            written.places_revoked.push(place.index);
        } else {
            written.places_given.push(place.index);
        }
    }

    /// The entries, and what the change took away. Ended tokens and secrets count even if the
    /// change didn't report them.
    pub(super) fn into_parts(self) -> (Vec<(EventId, Entry, Vec<RowChange>)>, Taken) {
        let written = self.written.into_inner();
        let ended = if written.has_ended {
            Taken::Now
        } else {
            Taken::Nothing
        };
        (written.entries, ended)
    }
}

//! Whether a row is current: no later event than its own wrote it.
//!
//! A row's tag proves that this service wrote the row. It doesn't prove that no later change
//! replaced it, because an intruder with write access can put an older row back. So each tag names
//! the event that wrote the row ([`Origin`]). Every process that grants something also knows, for
//! each row that was ever replaced or removed, which event did it. A row counts if its event is in
//! the log and no later event wrote the row.
//!
//! This knowledge always covers the log up to one event. A read of a row also reads the head of the
//! log, in the same statement or a later one. The row is judged only when the log is known up to
//! that head. After a start, the process reads the log from the last checkpoint, and checks each
//! event against the chain. Until it is done, it grants nothing, and makes only changes that take
//! rights away.
//!
//! `docs/decisions/0003-remember-replaced-rows-in-memory.md` has the whole argument.

mod checkpoint;
mod judge;
mod known_log;
mod patience;
mod replaced;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use ats_pat_auth::Origin;
use ats_pat_domain::Event;
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::{Clock, Store, StoreError};
use parking_lot::RwLock;

use crate::ledger::anchor::Anchor;
use crate::ledger::currency::known_log::KnownLog;
use crate::ledger::currency::patience::in_time;
use crate::ledger::rows::Roots;
use crate::ledger::{self, Details, behind, follows, follows_its_predecessor, holds_event};
use crate::service::error::{Error, causes};

pub(crate) use judge::{ATTEMPTS, Doubt};
pub(crate) use known_log::{FIRST_EPOCH, begins_an_epoch, epoch_of};
pub(crate) use patience::Patience;

/// How many events are read at once.
const BATCH: u64 = 1000;
/// The rules that decide whether a row is current.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Whether it is enough to know the log up to the first number, if the log ended with the
    /// second number when the row was read.
    pub(crate) is_enough: fn(i64, i64) -> bool,
    /// Whether a row counts. The argument says whether the log names it as current. `None` if the
    /// log was not read.
    pub(crate) counts: fn(Option<bool>) -> bool,
}

impl Rules {
    /// The rules of every server. Only the simulation uses others.
    pub(crate) const SHIPPED: Self = Self {
        is_enough: |known, ends| known >= ends,
        counts: |stands| stands == Some(true),
    };
}

/// The number before the log is read.
const NOWHERE: i64 = -1;

/// What is known of replaced rows, and reads on in the log.
pub(crate) struct Currency {
    store: Arc<dyn Store>,
    roots: Arc<Roots>,
    clock: Arc<dyn Clock>,
    anchor: Arc<Anchor>,
    rules: Rules,
    /// The checkpoint's file, beside the anchor.
    file: Option<PathBuf>,
    known: RwLock<Option<KnownLog>>,
    /// The number of the last known event.
    known_to: AtomicI64,
    /// The last event that the first reading has come to.
    read_to: AtomicI64,
    /// Only one task reads at a time.
    reading: tokio::sync::Mutex<()>,
    is_patient: AtomicBool,
    kept: Kept,
}

/// The events that the last checkpoints cover.
#[derive(Default)]
struct Kept {
    in_file: AtomicI64,
    in_database: AtomicI64,
}

/// Why a checkpoint was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unkept {
    #[error("the checkpoint of the event log could not be written to the data folder")]
    File(#[source] io::Error),
    #[error("the checkpoint of the event log could not be written to the database")]
    Store(#[from] StoreError),
}

impl Currency {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        roots: Arc<Roots>,
        clock: Arc<dyn Clock>,
        anchor: Arc<Anchor>,
        rules: Rules,
        file: Option<PathBuf>,
    ) -> Self {
        Self {
            store,
            roots,
            clock,
            anchor,
            rules,
            file,
            known: RwLock::new(None),
            known_to: AtomicI64::new(NOWHERE),
            read_to: AtomicI64::new(0),
            reading: tokio::sync::Mutex::new(()),
            is_patient: AtomicBool::new(false),
            kept: Kept::default(),
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Makes callers wait longer. For an operator's program, which should wait rather than fail.
    pub(crate) fn be_patient(&self) {
        self.is_patient.store(true, Ordering::Relaxed);
    }

    /// Whether the log was read to its end once. `Err` has the number that was reached.
    pub(crate) fn is_ready(&self) -> Result<(), i64> {
        match self.known_to.load(Ordering::Acquire) {
            NOWHERE => Err(self.read_to.load(Ordering::Relaxed)),
            _ => Ok(()),
        }
    }

    /// Whether the row with this origin is current. The log must be [followed](Self::follow_to)
    /// first.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] if the log went back since.
    pub(crate) fn judge(&self, table: &str, id: &str, origin: Origin) -> Result<bool, Error> {
        let known = self.known.read();
        let known = known.as_ref().ok_or(Error::LogNotRead)?;
        Ok(known.judge(self.roots.first(), table, id, origin))
    }

    /// Whether an event wrote a policy. The log must be [followed](Self::follow_to) first.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] if the log went back since.
    pub(crate) fn names_a_policy(&self) -> Result<bool, Error> {
        let known = self.known.read();
        let known = known.as_ref().ok_or(Error::LogNotRead)?;
        Ok(known.names_a_policy(self.roots.first()))
    }

    /// The epoch of the event after `head`, if the known log ends with `head`.
    pub(crate) fn epoch_after(&self, head: Head) -> Option<[u8; 16]> {
        let known = self.known.read();
        let known = known.as_ref().filter(|known| known.head() == head);
        known.map(KnownLog::epoch)
    }

    /// Waits until the log is known at least up to `head`. A caller that has the lock for changes
    /// uses [`follow_within`](Self::follow_within).
    ///
    /// # Errors
    /// [`Error::LogNotRead`] if this takes longer than a request, or an operator, can wait.
    /// [`Error::LogLost`].
    pub(crate) async fn follow_to(self: &Arc<Self>, head: Head) -> Result<(), Error> {
        let patience = if self.is_patient() {
            Patience::Operator
        } else {
            Patience::Prompt
        };
        self.follow_within(patience, head).await
    }

    /// Whether this is an operator's program, which waits longer.
    pub(crate) fn is_patient(&self) -> bool {
        self.is_patient.load(Ordering::Relaxed)
    }

    /// Like [`follow_to`](Self::follow_to), but waits no longer than `patience`.
    ///
    /// # Errors
    /// Those of [`follow_to`](Self::follow_to).
    pub(crate) async fn follow_within(
        self: &Arc<Self>,
        patience: Patience,
        head: Head,
    ) -> Result<(), Error> {
        if (self.rules.is_enough)(self.known_to.load(Ordering::Acquire), head.seq) {
            return Ok(());
        }
        // The task goes on for the other callers if this one gives up.
        let currency = Arc::clone(self);
        let reading = tokio::spawn(async move { currency.read_to(head.seq).await });
        in_time(patience, reading).await
    }

    /// Reads on whatever is known: the log may have gone back, and what is known be of events that
    /// are no more.
    ///
    /// # Errors
    /// As [`follow_to`](Self::follow_to).
    pub(crate) async fn follow_anew(self: &Arc<Self>) -> Result<(), Error> {
        let currency = Arc::clone(self);
        let reading = tokio::spawn(async move {
            let _one_at_a_time = currency.reading.lock().await;
            currency.read_to_the_end(i64::MAX).await
        });
        in_time(Patience::Prompt, reading).await
    }

    /// Starts to read the log.
    pub(crate) fn begin(self: &Arc<Self>) {
        let currency = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = currency.read_to(0).await {
                tracing::warn!(cause = %causes(&error), "the event log could not be read; it is tried again when it is needed");
            }
        });
    }

    /// Takes an event that the feed applied after `before`. If it doesn't follow the known log, it
    /// is read later, when it is needed. Returns false if the known log ends with another event of
    /// this number. Then it has an event that is no more, and must be read
    /// [anew](Self::follow_anew).
    pub(crate) fn offer(&self, before: Head, event: &Event, details: Option<&Details<'_>>) -> bool {
        let mut known = self.known.write();
        let (Some(known), Some(details)) = (known.as_mut(), details) else {
            return true;
        };
        if known.head() == before {
            known.apply(event, details, &self.roots, self.clock.now());
            self.known_to.store(event.seq, Ordering::Release);
        }
        known.head().seq != event.seq || known.head() == event.head()
    }

    /// Reads until the log is known at least up to number `seq`.
    ///
    /// # Errors
    /// [`Error::Tampered`] if the log has an end, but not the events before it.
    async fn read_to(&self, seq: i64) -> Result<(), Error> {
        let _one_at_a_time = self.reading.lock().await;
        self.read_to_the_end(seq).await?;
        match self.head() {
            Some(head) if head.seq >= seq => Ok(()),
            _ => Err(Error::altered_event(seq)),
        }
    }

    async fn read_to_the_end(&self, seq: i64) -> Result<(), Error> {
        let known = match self.head() {
            Some(head) if head.seq >= seq => return Ok(()),
            Some(head) => {
                if self.read_on(head).await? {
                    return Ok(());
                }
                self.forget();
                // The next start compares the log with this head. The feed may have been about to
                // note it, too.
                self.anchor.saw(head);
                // Whether a log that went back is accepted depends on the anchor. Without an anchor
                // it is accepted as it is.
                self.anchor.lose();
                if self.anchor.is_lost() {
                    return Err(Error::LogLost);
                }
                self.beginning().await?
            }
            None => self.beginning().await?,
        };
        self.read_from(known).await
    }

    /// Up to where the log is known.
    pub(crate) fn head(&self) -> Option<Head> {
        let known = self.known.read();
        known.as_ref().map(KnownLog::head)
    }

    fn forget(&self) {
        *self.known.write() = None;
        self.known_to.store(NOWHERE, Ordering::Release);
    }

    /// Where to start reading: at the newest checkpoint of this log, else after the last upgrade,
    /// else at the first event.
    async fn beginning(&self) -> Result<KnownLog, Error> {
        for known in self.checkpoints().await? {
            if known.head().seq == 0 || holds_event(&*self.store, known.head()).await? {
                return Ok(known);
            }
            tracing::info!(
                seq = known.head().seq,
                "a checkpoint is of another event log, and not used"
            );
        }
        let kind = EventKind::DatabaseUpgraded.as_str();
        match self.store.vital().events().last_of_kind(kind).await? {
            Some(upgrade)
                if follows_its_predecessor(&*self.store, &self.roots, &upgrade).await? =>
            {
                Ok(KnownLog::after_upgrade(&upgrade))
            }
            Some(upgrade) => Err(Error::altered_event(upgrade.seq)),
            None => Ok(KnownLog::of_an_empty_log()),
        }
    }

    /// The first reading. Nothing is known before it is complete.
    async fn read_from(&self, mut known: KnownLog) -> Result<(), Error> {
        loop {
            let last = known.head();
            let next = last.next().ok_or(Error::altered_event(last.seq))?;
            let events = self.store.vital().events().from(next, BATCH).await?;
            self.read_to.store(last.seq, Ordering::Relaxed);
            if events.is_empty() {
                break;
            }
            self.apply(&mut known, &events)?;
        }
        let head = known.head();
        *self.known.write() = Some(known);
        self.known_to.store(head.seq, Ordering::Release);
        Ok(())
    }

    /// Reads the events after the known ones. Returns false if the log no longer has the last known
    /// event.
    async fn read_on(&self, mut last: Head) -> Result<bool, Error> {
        loop {
            let first = last.seq.max(1);
            let events = self.store.vital().events().from(first, BATCH).await?;
            let Some(newer) = behind(last, &events) else {
                return Ok(false);
            };
            if newer.is_empty() {
                return Ok(true);
            }
            let mut known = self.known.write();
            let Some(known) = known.as_mut() else {
                return Ok(false);
            };
            // The feed may have applied some of them in the meantime.
            let known_to = known.head().seq;
            let unknown = newer.iter().position(|event| event.seq > known_to);
            let newer = unknown.map_or(&[][..], |first| &newer[first..]);
            self.apply(known, newer)?;
            last = known.head();
            self.known_to.store(last.seq, Ordering::Release);
        }
    }

    fn apply(&self, known: &mut KnownLog, events: &[Event]) -> Result<(), Error> {
        let now = self.clock.now();
        for event in events {
            let last = known.head();
            let follows = follows(&self.roots, &last, event);
            // The events before an upgrade name no row that counts.
            let details = if event.version == ledger::FORMER_VERSION {
                Some(Details::default())
            } else {
                Details::of(event)
            };
            let Some(details) = details.filter(|_| follows) else {
                return Err(Error::altered_event(event.seq));
            };
            known.apply(event, &details, &self.roots, now);
        }
        Ok(())
    }
}

//! Whether a row is the one that the event log says stands there.
//!
//! A row's tag proves that this service wrote the row, not that no later change replaced it:
//! whoever can write to the database can put an older row back. So each tag names the event that
//! wrote the row ([`Origin`]), and every process that grants something knows of each row that was
//! ever replaced or removed by which event that was. A row counts if its event is in the log and no
//! later one wrote the row.
//!
//! What is known is always of the log up to one event. Who reads a row learns how far the log goes
//! (the head, in the same statement or a later one), and lets the row be judged only by what is
//! known up to there. What is known is read from the log from the last checkpoint on, each event
//! checked against the chain; until then nothing is granted, and only what takes rights away is
//! done.
//!
//! `docs/architecture.md` (*Currency*) has the whole argument.

mod checkpoint;
mod judge;
mod known_log;
mod replaced;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use ats_pat_auth::Origin;
use ats_pat_domain::Event;
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::{Clock, Store, StoreError};
use parking_lot::RwLock;

use crate::ledger::anchor::Anchor;
use crate::ledger::currency::known_log::KnownLog;
use crate::ledger::rows::Roots;
use crate::ledger::{self, Details, behind, follows, follows_its_predecessor, holds_event};
use crate::service::error::{Error, causes};

pub(crate) use judge::{ATTEMPTS, Doubt};
pub(crate) use known_log::{FIRST_EPOCH, begins_an_epoch, epoch_of};

/// How many events are read at once.
const BATCH: u64 = 1000;
/// How long somebody waits until the log was read far enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Patience {
    /// Of a change that goes on without.
    Short,
    /// Of a request, and of a change that can't go on without: others wait for it meanwhile.
    Prompt,
    /// Of an operator's program.
    Operator,
}

impl Patience {
    const fn longest(self) -> Duration {
        match self {
            Self::Short => Duration::from_millis(250),
            Self::Prompt => Duration::from_secs(1),
            Self::Operator => Duration::from_hours(1),
        }
    }
}

/// What decides whether a row counts.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Whether it is enough to know the log up to the first number, for a row that was read when
    /// the log ended with the second.
    pub(crate) is_enough: fn(i64, i64) -> bool,
    /// Whether a row counts, by whether the log says that it stands there; `None` where the log was
    /// not read.
    pub(crate) counts: fn(Option<bool>) -> bool,
}

impl Rules {
    /// The rules of every server; only the simulation sets others.
    pub(crate) const SHIPPED: Self = Self {
        is_enough: |known, ends| known >= ends,
        counts: |stands| stands == Some(true),
    };
}

/// Stands where the log was not read yet.
const NOWHERE: i64 = -1;

/// What is known of replaced rows, and the way to read on.
pub(crate) struct Currency {
    store: Arc<dyn Store>,
    roots: Arc<Roots>,
    clock: Arc<dyn Clock>,
    anchor: Arc<Anchor>,
    rules: Rules,
    /// Where the checkpoint lies beside the anchor.
    file: Option<PathBuf>,
    known: RwLock<Option<KnownLog>>,
    /// The number up to which the log is known.
    known_to: AtomicI64,
    /// How far a first reading came.
    read_to: AtomicI64,
    /// One reads at a time.
    reading: tokio::sync::Mutex<()>,
    is_patient: AtomicBool,
    kept: Kept,
}

/// Up to which event checkpoints were kept.
#[derive(Default)]
struct Kept {
    in_file: AtomicI64,
    in_database: AtomicI64,
}

/// Why a checkpoint was not kept.
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

    /// For an operator, who rather waits than be told to come again.
    pub(crate) fn be_patient(&self) {
        self.is_patient.store(true, Ordering::Relaxed);
    }

    /// Whether the log was read once; `Err` says how far it was.
    pub(crate) fn is_ready(&self) -> Result<(), i64> {
        match self.known_to.load(Ordering::Acquire) {
            NOWHERE => Err(self.read_to.load(Ordering::Relaxed)),
            _ => Ok(()),
        }
    }

    /// Whether the row of this origin stands in its table, by the log up to an event that
    /// [`follow_to`](Self::follow_to) was asked for.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] where the log went back since.
    pub(crate) fn judge(&self, table: &str, id: &str, origin: Origin) -> Result<bool, Error> {
        let known = self.known.read();
        let known = known.as_ref().ok_or(Error::LogNotRead)?;
        Ok(known.judge(self.roots.first(), table, id, origin))
    }

    /// Whether the log, up to an event that [`follow_to`](Self::follow_to) was asked for, tells of
    /// a policy.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] where the log went back since.
    pub(crate) fn names_a_policy(&self) -> Result<bool, Error> {
        let known = self.known.read();
        let known = known.as_ref().ok_or(Error::LogNotRead)?;
        Ok(known.names_a_policy(self.roots.first()))
    }

    /// The epoch of the event that follows `head`, if what is known reaches just there.
    pub(crate) fn epoch_after(&self, head: Head) -> Option<[u8; 16]> {
        let known = self.known.read();
        let known = known.as_ref().filter(|known| known.head() == head);
        known.map(KnownLog::epoch)
    }

    /// Makes sure that the log is known up to `head` at least. Who holds the lock of changes asks
    /// [`follow_within`](Self::follow_within).
    ///
    /// # Errors
    /// [`Error::LogNotRead`] where that takes longer than a request, or an operator, can wait;
    /// [`Error::LogLost`].
    pub(crate) async fn follow_to(self: &Arc<Self>, head: Head) -> Result<(), Error> {
        let patience = if self.is_patient() {
            Patience::Operator
        } else {
            Patience::Prompt
        };
        self.follow_within(patience, head).await
    }

    /// Whether this is an operator's program, which rather waits.
    pub(crate) fn is_patient(&self) -> bool {
        self.is_patient.load(Ordering::Relaxed)
    }

    /// As [`follow_to`](Self::follow_to), for this long at most.
    ///
    /// # Errors
    /// As [`follow_to`](Self::follow_to).
    pub(crate) async fn follow_within(
        self: &Arc<Self>,
        patience: Patience,
        head: Head,
    ) -> Result<(), Error> {
        if (self.rules.is_enough)(self.known_to.load(Ordering::Acquire), head.seq) {
            return Ok(());
        }
        // In a task of its own: who gives up does not break it off for the others.
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

    /// Begins to read the log.
    pub(crate) fn begin(self: &Arc<Self>) {
        let currency = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = currency.read_to(0).await {
                tracing::warn!(cause = %causes(&error), "the event log could not be read; it is tried again when it is needed");
            }
        });
    }

    /// Takes over an event that the feed applied after `before`. One that does not follow is read
    /// when it is needed.
    pub(crate) fn offer(&self, before: Head, event: &Event, details: Option<&Details<'_>>) {
        let mut known = self.known.write();
        let (Some(known), Some(details)) = (known.as_mut(), details) else {
            return;
        };
        if known.head() == before {
            known.apply(event, details, &self.roots, self.clock.now());
            self.known_to.store(event.seq, Ordering::Release);
        }
    }

    /// Reads on until the log is known up to number `seq` at least.
    ///
    /// # Errors
    /// [`Error::Tampered`] where the log has an end that it lacks.
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
                // The feed may have been about to say so: what was seen is what the next start asks
                // for.
                self.anchor.saw(head);
                // A log that went back is the anchor's to accept; without one it is believed as it
                // is.
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

    /// Where to begin: at the newest checkpoint that is of this log, else behind the last upgrade,
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
        match self.store.events().last_of_kind(kind).await? {
            Some(upgrade)
                if follows_its_predecessor(&*self.store, &self.roots, &upgrade).await? =>
            {
                Ok(KnownLog::after_upgrade(&upgrade))
            }
            Some(upgrade) => Err(Error::altered_event(upgrade.seq)),
            None => Ok(KnownLog::of_an_empty_log()),
        }
    }

    /// The first reading: nothing is known before it is at its end.
    async fn read_from(&self, mut known: KnownLog) -> Result<(), Error> {
        loop {
            let last = known.head();
            let events = self.store.events().from(last.seq + 1, BATCH).await?;
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

    /// Reads on behind what is known; whether the log still holds that.
    async fn read_on(&self, mut last: Head) -> Result<bool, Error> {
        loop {
            let first = last.seq.max(1);
            let events = self.store.events().from(first, BATCH).await?;
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
            // The feed may have brought some of them meanwhile.
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
            // An event of before an upgrade names no row that counts.
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

async fn in_time(
    patience: Patience,
    reading: tokio::task::JoinHandle<Result<(), Error>>,
) -> Result<(), Error> {
    match tokio::time::timeout(patience.longest(), reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(broken_off)) => Err(Error::Interrupted(broken_off.into())),
        Err(_) => Err(Error::LogNotRead),
    }
}

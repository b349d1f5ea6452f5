//! One server's way to the simulated database: slow, cut off now and then, suspended with its
//! server.

mod changes;
mod reads;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ats_pat_domain::event::Head;
use ats_pat_domain::port::{
    ChangeOrder, CommitError, EventPruning, Retagged, StorageFailure, Store, StoreError,
    Transaction, UsageRecord,
};
use ats_pat_domain::token::Usage;
use ats_pat_domain::{Event, EventId, OperatorKeyId, PruningId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use super::chance::Chance;
use super::database::{Database, Rows, State};
use super::machine::Machine;

type Answer<T> = Result<T, StoreError>;

/// What the simulation never asks for.
fn not_simulated<T>() -> Answer<T> {
    Err(StoreError::Other("not simulated".into()))
}

fn cut_off() -> StoreError {
    StoreError::Unavailable("cut off".into())
}

fn full() -> StoreError {
    StoreError::Storage {
        failure: StorageFailure::DiskFull,
        source: "simulated".into(),
    }
}

/// The connections of one server to the database.
pub(super) struct Link {
    pub(super) database: Arc<Database>,
    pub(super) machine: Arc<Machine>,
    pub(super) chance: Arc<Chance>,
    /// Where the guard of the primary read is taken out: how far reads of grants lag.
    pub(super) reads_lag: Option<Duration>,
    /// `None` where transactions don't fail.
    pub(super) transactions: Option<Transactions>,
    /// The connection of changes is inside a transaction that nobody ends.
    pub(super) left_open: AtomicBool,
}

/// What `ats-pat-storage` does about transactions that the database ended; taken out, it goes
/// wrong.
#[derive(Clone, Copy)]
pub(super) struct Transactions {
    /// A connection on which COMMIT failed is closed.
    pub(super) close_after_failure: bool,
    /// A COMMIT counts once another connection sees the event.
    pub(super) look_after_commit: bool,
}

impl Transactions {
    pub(super) const PROVEN: Self = Self {
        close_after_failure: true,
        look_after_commit: true,
    };
}

/// What the database does to a COMMIT.
#[derive(PartialEq, Eq)]
enum Fate {
    Committed,
    /// It fails, as on a full disk.
    Failed,
    /// The transaction was ended before, and nobody was told.
    Nothing,
    /// It commits, and the answer is lost.
    AnswerLost,
}

impl Fate {
    fn of(chance: &Chance) -> Self {
        match chance.below(60) {
            0 => Self::Failed,
            1 => Self::Nothing,
            2 => Self::AnswerLost,
            _ => Self::Committed,
        }
    }
}

impl Link {
    /// A statement: it travels, is answered at one instant, and the answer travels.
    async fn ask<T>(&self, answer: impl FnOnce(&Database) -> T + Send) -> Answer<T> {
        self.travel().await?;
        let answer = answer(&self.database);
        self.travel().await?;
        Ok(answer)
    }

    async fn travel(&self) -> Answer<()> {
        tokio::time::sleep(self.chance.latency()).await;
        self.machine.awake().await;
        if self.machine.is_cut_off() {
            // A dead connection is noticed late.
            tokio::time::sleep(Duration::from_millis(300)).await;
            return Err(cut_off());
        }
        Ok(())
    }

    async fn look<T>(&self, look: impl FnOnce(&State) -> T + Send) -> Answer<T> {
        self.ask(|database| look(&database.now())).await
    }
}

/// A transaction, which holds the counter row.
pub(super) struct Change {
    link: Arc<Link>,
    term: u64,
    before: State,
    rows: Mutex<Rows>,
    events: Mutex<Vec<Event>>,
    /// Inside a transaction that was left open: what it commits, nobody sees.
    is_nested: bool,
    _counter: OwnedMutexGuard<()>,
}

impl Change {
    #[expect(clippy::unnecessary_wraps, reason = "what the port's methods answer")]
    fn write(&self, write: impl FnOnce(&mut Rows)) -> Answer<()> {
        write(&mut self.rows.lock());
        Ok(())
    }

    #[expect(
        clippy::unused_async,
        reason = "the store's, of the same name, travels"
    )]
    async fn look<T>(&self, look: impl FnOnce(&State) -> T + Send) -> Answer<T> {
        let rows = self.rows.lock().clone();
        Ok(look(&State {
            rows: Arc::new(rows),
            ..self.before.clone()
        }))
    }
}

/// The store as one server sees it.
pub(super) struct SimulatedStore(pub(super) Arc<Link>);

impl SimulatedStore {
    async fn look<T>(&self, look: impl FnOnce(&State) -> T + Send) -> Answer<T> {
        self.0.look(look).await
    }
}

#[async_trait]
impl Store for SimulatedStore {
    async fn begin(&self, _: EventId, _: ChangeOrder) -> Answer<Box<dyn Transaction>> {
        self.0.travel().await?;
        let term = self.0.database.term();
        let counter = Arc::clone(&self.0.database.counter).lock_owned().await;
        self.0.travel().await?;
        let before = self.0.database.now();
        Ok(Box::new(Change {
            link: Arc::clone(&self.0),
            term,
            rows: Mutex::new(Rows::clone(&before.rows)),
            before,
            events: Mutex::default(),
            is_nested: self.0.left_open.load(Ordering::SeqCst),
            _counter: counter,
        }))
    }

    async fn touch_session(&self, _: &[u8; 32], _: Timestamp, _: &[u8]) -> Answer<()> {
        not_simulated()
    }

    async fn touch_operator_key(&self, _: OperatorKeyId, _: &Usage) -> Answer<()> {
        not_simulated()
    }

    async fn record_usage(&self, _: &[UsageRecord]) -> Answer<()> {
        Ok(())
    }

    async fn delete_ended_sessions(&self, _: Timestamp, _: Timestamp, _: u64) -> Answer<u64> {
        not_simulated()
    }

    async fn ping(&self) -> Answer<()> {
        Ok(())
    }

    fn vital(&self) -> &dyn ats_pat_domain::port::Repositories {
        self
    }

    fn take_unreadable(&self) -> Vec<String> {
        Vec::new()
    }

    async fn checkpoint(&self, _: i64) -> Answer<Option<Vec<u8>>> {
        Ok(None)
    }

    async fn keep_checkpoint(&self, _: i64, _: &[&[u8]]) -> Answer<()> {
        not_simulated()
    }

    async fn retag(&self, _: &[Retagged]) -> Answer<()> {
        not_simulated()
    }

    async fn prove_write(&self, _: usize) -> Answer<()> {
        not_simulated()
    }
}

#[async_trait]
impl Transaction for Change {
    fn head(&self) -> Head {
        self.before.head()
    }

    async fn commit(self: Box<Self>) -> Result<(), CommitError> {
        self.link.travel().await.map_err(CommitError::Undone)?;
        let rows = self.rows.lock().clone();
        let events = std::mem::take(&mut *self.events.lock());
        let transactions = self.link.transactions;
        let fate = transactions.map_or(Fate::Committed, |_| Fate::of(&self.link.chance));
        let Transactions {
            close_after_failure,
            look_after_commit,
        } = transactions.unwrap_or(Transactions::PROVEN);
        if fate == Fate::Failed {
            self.link
                .left_open
                .store(!close_after_failure, Ordering::SeqCst);
            return Err(CommitError::Unknown(full()));
        }
        let is_committed = fate != Fate::Nothing && !self.is_nested;
        if is_committed && !self.link.database.commit(self.term, rows, events) {
            return Err(CommitError::Undone(cut_off()));
        }
        self.link.travel().await.map_err(CommitError::Unknown)?;
        if fate == Fate::AnswerLost || (!is_committed && look_after_commit) {
            return Err(CommitError::Unknown(cut_off()));
        }
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Answer<()> {
        Ok(())
    }
}

/// The simulation removes no events.
#[async_trait]
impl EventPruning for SimulatedStore {
    async fn keep_carried(&self, _: PruningId, _: &[&[u8]]) -> Answer<()> {
        not_simulated()
    }

    async fn carried(&self, _: PruningId) -> Answer<Vec<u8>> {
        not_simulated()
    }

    async fn forget_carried_but(&self, _: PruningId) -> Answer<()> {
        not_simulated()
    }

    async fn forget_carried(&self, _: PruningId) -> Answer<()> {
        not_simulated()
    }

    async fn removed_to(&self, _: PruningId) -> Answer<i64> {
        not_simulated()
    }

    async fn note_removed_to(&self, _: PruningId, _: i64) -> Answer<()> {
        not_simulated()
    }

    async fn numbers_from(&self, _: i64, _: u64) -> Answer<Vec<i64>> {
        not_simulated()
    }

    async fn remove_events(&self, _: &[i64]) -> Answer<()> {
        not_simulated()
    }
}

//! One server's way to the simulated database: slow, cut off now and then, suspended with its server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ats_pat_domain::event::Head;
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::list::{EventFilter, TokenQuery, UserQuery};
use ats_pat_domain::port::{
    Bearer, ChangeOrder, CommitError, EventLog, EventRepository, FoundSession, Grant, KeyChanges,
    KeyRepository, ListedToken, Repositories, Retagged, SecretRepository, SessionChanges,
    SessionRepository, SetupLink, SetupLinkChanges, SetupLinkRepository, StatusChanges,
    StatusRepository, StorageFailure, Store, StoreError, StoredRing, TokenChanges, TokenPage,
    TokenRepository, Transaction, UsageRecord, UserChanges, UserPage, UserRepository,
};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    Event, EventId, Session, StatusPlace, Tagged, Timestamp, Token, TokenId, User, UserId,
};
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

/// A server's connections.
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

/// What `ats-pat-storage` does about transactions that the database ended; taken out, it goes wrong.
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
        write(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    #[expect(
        clippy::unused_async,
        reason = "the store's, of the same name, travels"
    )]
    async fn look<T>(&self, look: impl FnOnce(&State) -> T + Send) -> Answer<T> {
        let rows = self
            .rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Ok(look(&State {
            rows: Arc::new(rows),
            ..self.before.clone()
        }))
    }
}

/// A server's store.
pub(super) struct SimulatedStore(pub(super) Arc<Link>);

impl SimulatedStore {
    async fn look<T>(&self, look: impl FnOnce(&State) -> T + Send) -> Answer<T> {
        self.0.look(look).await
    }
}

fn grant(state: &State, hash: &[u8; 32]) -> Option<Grant> {
    let secret = state.rows.secrets.get(hash)?.clone();
    let token = state.rows.tokens.get(&secret.row.token_id)?.clone();
    let owner = state.rows.users.get(&token.row.owner_id)?.clone();
    Some(Grant {
        secret,
        token,
        owner,
        ring_version: state.rows.ring_version,
        head: state.head(),
    })
}

fn grants(state: &State, hashes: &[[u8; 32]]) -> Vec<Grant> {
    let found = hashes.iter().filter_map(|hash| grant(state, hash));
    found.collect()
}

macro_rules! repositories {
    ($($type:ty),+) => {$(
        impl Repositories for $type {
            fn users(&self) -> &dyn UserRepository { self }
            fn tokens(&self) -> &dyn TokenRepository { self }
            fn secrets(&self) -> &dyn SecretRepository { self }
            fn status_places(&self) -> &dyn StatusRepository { self }
            fn sessions(&self) -> &dyn SessionRepository { self }
            fn keys(&self) -> &dyn KeyRepository { self }
            fn events(&self) -> &dyn EventRepository { self }
            fn setup_links(&self) -> &dyn SetupLinkRepository { self }
        }

        #[async_trait]
        impl UserRepository for $type {
            async fn by_id(&self, id: UserId) -> Answer<Option<Tagged<User>>> {
                self.look(|state| state.rows.users.get(&id).cloned()).await
            }
            async fn by_folded_name(&self, folded: &str) -> Answer<Option<Tagged<User>>> {
                self.look(|state| {
                    let mut users = state.rows.users.values();
                    users.find(|user| user.row.name.folded() == folded).cloned()
                }).await
            }
            async fn administrators(&self) -> Answer<Vec<Tagged<User>>> { Ok(Vec::new()) }
            async fn by_ids(&self, ids: &[UserId]) -> Answer<Vec<Tagged<User>>> {
                self.look(|state| ids.iter().filter_map(|id| state.rows.users.get(id).cloned()).collect()).await
            }
            async fn after(&self, _: Option<UserId>, _: u64) -> Answer<Vec<Tagged<User>>> { not_simulated() }
            async fn page(&self, _: &UserQuery) -> Answer<UserPage> { not_simulated() }
            async fn all(&self) -> Answer<Vec<Tagged<User>>> { not_simulated() }
        }

        #[async_trait]
        impl TokenRepository for $type {
            async fn by_id(&self, id: TokenId) -> Answer<Option<ListedToken>> {
                self.look(|state| {
                    let token = state.rows.tokens.get(&id).cloned()?;
                    Some(ListedToken { token, usage: None })
                }).await
            }
            async fn owned(&self, owner: UserId, id: TokenId) -> Answer<Option<ListedToken>> {
                let found = TokenRepository::by_id(self, id).await?;
                Ok(found.filter(|listed| listed.token.row.owner_id == owner))
            }
            async fn page(&self, query: &TokenQuery, now: Timestamp) -> Answer<TokenPage> {
                if query.owner_called.is_some() {
                    return not_simulated();
                }
                self.look(|state| {
                    let tokens = state.rows.tokens.values().filter(|token| {
                        query.owner.is_none_or(|owner| owner == token.row.owner_id)
                            && query.status.is_none_or(|status| status == token.row.status(now))
                    });
                    let all: Vec<_> = tokens.cloned().collect();
                    let total = all.len() as u64;
                    let start = usize::try_from(query.offset()).unwrap_or(usize::MAX).min(all.len());
                    let items = all[start..].iter().take(query.page_size as usize).map(|token| {
                        ListedToken { token: token.clone(), usage: None }
                    });
                    TokenPage { items: items.collect(), total }
                }).await
            }
            async fn active_with_name(&self, _: UserId, _: &str, _: Timestamp) -> Answer<Option<TokenId>> {
                not_simulated()
            }
            async fn count_active(&self, _: UserId, _: Timestamp) -> Answer<u64> { not_simulated() }
            async fn bearer(&self, id: TokenId) -> Answer<Option<Bearer>> {
                self.look(|state| {
                    let token = state.rows.tokens.get(&id)?.clone();
                    let owner = state.rows.users.get(&token.row.owner_id)?.clone();
                    Some(Bearer { token, owner })
                }).await
            }
            async fn after(&self, _: Option<TokenId>, _: u64) -> Answer<Vec<Tagged<Token>>> { not_simulated() }
            async fn ids(&self, _: Option<UserId>, _: Option<TokenId>, _: u64) -> Answer<Vec<(TokenId, UserId)>> { not_simulated() }
            async fn of_owner(&self, _: UserId, _: Option<TokenId>, _: u64) -> Answer<Vec<Tagged<Token>>> { not_simulated() }
        }

        #[async_trait]
        impl SecretRepository for $type {
            async fn grants(&self, hashes: &[[u8; 32]]) -> Answer<Vec<Grant>> {
                self.read_grants(hashes).await
            }
            async fn of_token(&self, id: TokenId) -> Answer<Vec<Tagged<Secret>>> {
                self.look(|state| {
                    let secrets = state.rows.secrets.values();
                    let mut of_token: Vec<_> =
                        secrets.filter(|secret| secret.row.token_id == id).cloned().collect();
                    of_token.sort_by_key(|secret| secret.row.generation);
                    of_token
                }).await
            }
            async fn after(&self, _: Option<[u8; 32]>, _: u64) -> Answer<Vec<Tagged<Secret>>> { not_simulated() }
        }

        #[async_trait]
        impl StatusRepository for $type {
            async fn by_index(&self, index: u64) -> Answer<Option<Tagged<StatusPlace>>> {
                self.look(|state| state.rows.places.get(&index).cloned()).await
            }
            async fn first_free(&self, _: Timestamp) -> Answer<Option<Tagged<StatusPlace>>> { Ok(None) }
            async fn greatest_index(&self) -> Answer<Option<u64>> {
                self.look(|state| state.rows.places.keys().next_back().copied()).await
            }
            async fn after(&self, _: Option<u64>, _: u64) -> Answer<Vec<Tagged<StatusPlace>>> { not_simulated() }
        }

        #[async_trait]
        impl SessionRepository for $type {
            async fn by_hash(&self, _: &[u8; 32]) -> Answer<Option<FoundSession>> {
                not_simulated()
            }
            async fn alone(&self, _: &[u8; 32]) -> Answer<Option<Tagged<Session>>> { not_simulated() }
            async fn of_user(&self, _: UserId) -> Answer<Vec<Tagged<Session>>> { Ok(Vec::new()) }
            async fn unreadable_of_user(&self, _: UserId) -> Answer<Vec<String>> { Ok(Vec::new()) }
            async fn all(&self) -> Answer<Vec<Tagged<Session>>> { not_simulated() }
        }

        #[async_trait]
        impl KeyRepository for $type {
            async fn root_keys(&self) -> Answer<Vec<StoredRootKey>> {
                self.look(|state| state.rows.roots.clone()).await
            }
            async fn ring(&self) -> Answer<StoredRing> {
                self.look(|state| StoredRing {
                    version: state.rows.ring_version,
                    keys: state.rows.keys.clone(),
                    head: state.head(),
                })
                .await
            }
            async fn ring_version(&self) -> Answer<i64> {
                self.look(|state| state.rows.ring_version).await
            }
        }

        #[async_trait]
        impl EventRepository for $type {
            async fn head(&self) -> Answer<Head> {
                self.look(State::head).await
            }
            async fn from(&self, seq: i64, limit: u64) -> Answer<Vec<Event>> {
                self.look(|state| {
                    let start = usize::try_from(seq - 1).unwrap_or(0).min(state.events.len());
                    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                    state.events[start..].iter().take(limit).cloned().collect()
                }).await
            }
            async fn newest(&self, filter: &EventFilter) -> Answer<Vec<Event>> {
                if filter.owner_called.is_some() {
                    return not_simulated();
                }
                self.look(|state| {
                    let passing = state.events.iter().rev().filter(|event| {
                        let subject = filter.subjects.as_ref();
                        filter.before.is_none_or(|seq| event.seq < seq)
                            && filter.owner.is_none_or(|owner| event.owner == Some(owner))
                            && filter.kind.as_ref().is_none_or(|kind| event.kind == *kind)
                            && subject.is_none_or(|these| these.contains(&event.subject))
                    });
                    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
                    passing.take(limit).cloned().collect()
                }).await
            }
            async fn seq_of(&self, id: EventId) -> Answer<Option<i64>> {
                self.look(|state| {
                    let mut events = state.events.iter();
                    events.find(|event| event.id == id).map(|event| event.seq)
                }).await
            }
            async fn last_of_kind(&self, kind: &str) -> Answer<Option<Event>> {
                self.look(|state| {
                    let mut events = state.events.iter().rev();
                    events.find(|event| event.kind == kind).cloned()
                }).await
            }
        }

        #[async_trait]
        impl SetupLinkRepository for $type {
            async fn current(&self) -> Answer<Option<Tagged<SetupLink>>> { Ok(None) }
        }
    )+};
}

repositories!(SimulatedStore, Change);

impl SimulatedStore {
    async fn read_grants(&self, hashes: &[[u8; 32]]) -> Answer<Vec<Grant>> {
        let lag = self.0.reads_lag;
        self.0
            .ask(|database| {
                let state = lag.map_or_else(|| database.now(), |lag| database.before(lag));
                grants(&state, hashes)
            })
            .await
    }
}

impl Change {
    async fn read_grants(&self, hashes: &[[u8; 32]]) -> Answer<Vec<Grant>> {
        self.look(|state| grants(state, hashes)).await
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

    async fn record_usage(&self, _: &[UsageRecord]) -> Answer<()> {
        Ok(())
    }

    async fn delete_ended_sessions(&self, _: Timestamp, _: Timestamp) -> Answer<u64> {
        not_simulated()
    }

    async fn ping(&self) -> Answer<()> {
        Ok(())
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
        let rows = self
            .rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let events =
            std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
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

#[async_trait]
impl UserChanges for Change {
    async fn insert_user(&self, user: &Tagged<User>) -> Answer<()> {
        self.update_user(user).await
    }
    async fn update_user(&self, user: &Tagged<User>) -> Answer<()> {
        self.write(|rows| drop(rows.users.insert(user.row.id, user.clone())))
    }
}

#[async_trait]
impl TokenChanges for Change {
    async fn insert_token(&self, token: &Tagged<Token>) -> Answer<()> {
        self.update_token(token).await
    }
    async fn update_token(&self, token: &Tagged<Token>) -> Answer<()> {
        self.write(|rows| drop(rows.tokens.insert(token.row.id, token.clone())))
    }
    async fn insert_secret(&self, secret: &Tagged<Secret>) -> Answer<()> {
        self.update_secret(secret).await
    }
    async fn delete_secret(&self, hash: &[u8; 32]) -> Answer<()> {
        self.write(|rows| drop(rows.secrets.remove(hash)))
    }
    async fn update_secret(&self, secret: &Tagged<Secret>) -> Answer<()> {
        self.write(|rows| drop(rows.secrets.insert(secret.row.hash, secret.clone())))
    }
}

#[async_trait]
impl StatusChanges for Change {
    async fn insert_status_place(&self, place: &Tagged<StatusPlace>) -> Answer<()> {
        self.update_status_place(place).await
    }
    async fn update_status_place(&self, place: &Tagged<StatusPlace>) -> Answer<()> {
        self.write(|rows| drop(rows.places.insert(place.row.index, place.clone())))
    }
}

#[async_trait]
impl SessionChanges for Change {
    async fn insert_session(&self, _: &Tagged<Session>) -> Answer<()> {
        not_simulated()
    }
    async fn delete_session(&self, _: &[u8; 32]) -> Answer<bool> {
        not_simulated()
    }
    async fn delete_sessions_of(&self, _: UserId) -> Answer<u64> {
        Ok(0)
    }
}

#[async_trait]
impl KeyChanges for Change {
    async fn insert_root_key(&self, key: &StoredRootKey) -> Answer<()> {
        self.write(|rows| rows.roots.push(key.clone()))
    }
    async fn update_root_key(&self, _: &StoredRootKey) -> Answer<()> {
        not_simulated()
    }
    async fn insert_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Answer<()> {
        self.write(|rows| rows.keys.push(key.clone()))
    }
    async fn update_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Answer<()> {
        self.write(|rows| {
            let known = rows
                .keys
                .iter_mut()
                .find(|known| known.row.kid == key.row.kid);
            if let Some(known) = known {
                *known = key.clone();
            }
        })
    }
    async fn bump_ring_version(&self) -> Answer<()> {
        self.write(|rows| rows.ring_version += 1)
    }
}

#[async_trait]
impl SetupLinkChanges for Change {
    async fn replace_setup_link(&self, _: &Tagged<SetupLink>) -> Answer<()> {
        not_simulated()
    }
    async fn delete_setup_link(&self) -> Answer<bool> {
        not_simulated()
    }
}

#[async_trait]
impl EventLog for Change {
    async fn append(&self, event: &Event) -> Answer<()> {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event.clone());
        Ok(())
    }
}

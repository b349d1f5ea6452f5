//! Servers, an admin program, and what happens to them.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ats_pat_auth::{PasswordCost, SignatureProvider};
use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::Clock as _;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    Description, DisplayName, Scopes, Token, TokenId, TokenName, User, UserId, UserName,
};
use ats_pat_token::Unverified;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::chance::Chance;
use super::database::{Database, Rows};
use super::machine::Machine;
use super::store::{Link, SimulatedStore, Transactions};
use crate::cache::decisions::{Decisions, Rules, SETTLED_AFTER};
use crate::change::{Authority, Change, Draft, Taken};
use crate::operator::Rotation;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::open::Parts;
use crate::service::settings::Settings;
use crate::tokens::{NewSecret, revoke_any};

const SERVERS: usize = 3;
const OWNERS: usize = 3;
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const CHEAP: PasswordCost = PasswordCost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

/// What a run is like.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) decisions: Decisions,
    pub(super) reads_lag: Option<Duration>,
    /// What is done about transactions that fail; `None` where none fails.
    pub(super) transactions: Option<Transactions>,
    pub(super) alone: bool,
    /// Whether keys are rotated often, and twice at once, before a fail-over that loses the second rotation.
    pub(super) rotates_twice: bool,
    /// Whether somebody puts older rows back. Then nothing is lost by fail-overs: what is gone was taken away.
    pub(super) puts_back: bool,
    pub(super) steps: u32,
}

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) succeeded: u64,
    pub(super) refused: u64,
    pub(super) violations: Vec<String>,
}

/// Runs a deployment for so many steps.
pub(super) fn simulate(seed: u64, options: &Options) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let deployment = Arc::new(Deployment::new(seed, options.clone()).await);
        deployment.run().await;
        deployment.end().await
    })
}

/// How long it takes until a change is answered that ends a token and says that it takes nothing.
pub(super) fn time_of_an_end_that_is_not_said(options: &Options) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let deployment = Deployment::new(0, options.clone()).await;
        let planted = deployment.some_token().expect("a token");
        let began = Instant::now();
        let end = EndWithoutAWord { id: planted.id };
        let ended = deployment.admin.change(Authority::Operator, end).await;
        ended.expect("the token ends");
        began.elapsed()
    })
}

struct Deployment {
    options: Options,
    chance: Arc<Chance>,
    database: Arc<Database>,
    machines: Vec<Arc<Machine>>,
    servers: Mutex<Vec<Option<Server>>>,
    admin: Service,
    truth: Mutex<Truth>,
    folder: TempDir,
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Clone)]
struct Server {
    service: Service,
    feed: AbortHandle,
}

/// What was promised to callers.
#[derive(Default)]
struct Truth {
    owners: Vec<UserId>,
    disabled: HashSet<UserId>,
    /// Whose owners are being disabled and enabled again just now.
    toggled: HashSet<UserId>,
    /// How often somebody set out to enable an owner.
    enabled: HashMap<UserId, u64>,
    tokens: Vec<Planted>,
    revoked: HashSet<TokenId>,
    /// The ids of keys that were destroyed.
    destroyed: HashSet<String>,
    names: HashMap<UserId, String>,
    seen: Seen,
}

#[derive(Clone)]
struct Planted {
    id: TokenId,
    owner: UserId,
    secret: SecretString,
}

impl Deployment {
    async fn new(seed: u64, options: Options) -> Self {
        let chance = Arc::new(Chance::new(seed));
        let database = Arc::new(Database::new());
        let folder = tempfile::tempdir().expect("a folder");
        let began = Instant::now();
        let machines: Vec<_> = (0..=SERVERS as u64)
            .map(|number| Arc::new(Machine::new(began, Duration::from_secs(number * 1000 + 1))))
            .collect();
        let machine = &machines[SERVERS];
        let admin = loop {
            let opened = open(machine, &database, &chance, &folder, &options, false).await;
            if let Some(admin) = opened {
                break admin;
            }
        };
        let deployment = Self {
            options,
            chance,
            database,
            machines,
            servers: Mutex::new(vec![None; SERVERS]),
            admin,
            truth: Mutex::default(),
            folder,
            tasks: Mutex::default(),
        };
        for number in 0..OWNERS {
            let owner = loop {
                // A COMMIT that failed is tried again.
                if let Ok(owner) = deployment.plant_owner(number).await {
                    break owner;
                }
            };
            let mut truth = deployment.truth();
            truth.owners.push(owner);
            truth.names.insert(owner, format!("owner {number}"));
        }
        for _ in 0..OWNERS {
            deployment.plant().await;
        }
        deployment
    }

    async fn run(self: &Arc<Self>) {
        let servers = if self.options.alone { 1 } else { SERVERS };
        for number in 0..servers {
            self.start(number).await;
        }
        for _ in 0..self.options.steps {
            let number = usize::try_from(self.chance.below(servers as u64)).unwrap_or(0);
            match self.chance.below(2000) {
                0..=4 => self.spawn(|here| async move { here.plant().await }),
                5..=9 => self.spawn(move |here| async move { here.revoke(number).await }),
                // Two at once: the second may find it revoked.
                10..=13 => {
                    let id = self.some_token().map(|planted| planted.id);
                    for by in [number, (number + 1) % servers] {
                        self.spawn(move |here| async move {
                            here.pause(40).await;
                            here.revoke_one(by, id).await;
                        });
                    }
                }
                14..=15 => self.spawn(move |here| async move { here.disable(number).await }),
                16 => self.machines[number].suspend(self.chance.millis(50, 900)),
                17..=18 => self.machines[number].cut_off(self.chance.millis(100, 1500)),
                19 if !self.options.alone => self.fail_over(),
                20 => self.restart(number).await,
                21..=24 => self.spawn(move |here| async move { here.rotate(number).await }),
                85..=99 if self.options.puts_back => {
                    let past = self.chance.below(64);
                    self.database.put_back(usize::try_from(past).unwrap_or(0));
                }
                25..=84 if self.options.rotates_twice => {
                    self.spawn(|here| async move { here.rotate_twice().await });
                }
                _ => self.spawn(move |here| async move { here.exchange(number).await }),
            }
            tokio::time::sleep(Duration::from_micros(self.chance.below(4000))).await;
        }
    }

    /// Waits for everything under way.
    async fn end(&self) -> Seen {
        let mut tasks =
            std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while let Some(ended) = tasks.join_next().await {
            ended.expect("nothing panics");
        }
        for server in self.servers().iter().flatten() {
            server.feed.abort();
        }
        std::mem::take(&mut self.truth().seen)
    }

    async fn start(&self, number: usize) {
        let opened = open(
            &self.machines[number],
            &self.database,
            &self.chance,
            &self.folder,
            &self.options,
            self.options.alone,
        )
        .await;
        // Cut off: it stays down until it is restarted.
        let Some(service) = opened else { return };
        let follower = service.clone();
        let feed = tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
        self.servers()[number] = Some(Server {
            service,
            feed: feed.abort_handle(),
        });
    }

    async fn restart(&self, number: usize) {
        let before = self.servers()[number].take();
        if let Some(server) = before {
            server.feed.abort();
        }
        self.start(number).await;
    }

    async fn plant_owner(&self, number: usize) -> Result<UserId, Error> {
        let plant = PlantOwner { number };
        self.admin.change(Authority::Operator, plant).await
    }

    async fn plant(&self) {
        let owner = {
            let truth = self.truth();
            let chosen = self.chance.below(truth.owners.len() as u64);
            truth.owners[usize::try_from(chosen).unwrap_or(0)]
        };
        let Ok(secret) = NewSecret::make(&self.admin) else {
            return;
        };
        let shown = secret.shown().clone();
        let term = self.database.term();
        let plant = PlantToken { owner, secret };
        if let Ok(id) = self.admin.change(Authority::Operator, plant).await {
            self.expect(term, "a token", |rows| rows.tokens.contains_key(&id));
            self.truth().tokens.push(Planted {
                id,
                owner,
                secret: shown,
            });
        }
    }

    /// Notes where the database lacks what was acknowledged, unless a fail-over lost it.
    fn expect(&self, term: u64, what: &str, is_there: impl Fn(&Rows) -> bool) {
        let is_there = is_there(&self.database.now().rows);
        if !is_there && self.database.term() == term && !self.options.puts_back {
            let lost = format!("{what} was acknowledged, and is not in the database");
            self.truth().seen.violations.push(lost);
        }
    }

    async fn exchange(&self, number: usize) {
        let Some(planted) = self.some_token() else {
            return;
        };
        let Some(service) = self.service(number) else {
            return;
        };
        self.machines[number].awake().await;
        let before = self.is_ended(&planted);
        let (destroyed, term) = (self.truth().destroyed.clone(), self.database.term());
        let (long_before, began) = (self.ended_since(&planted), Instant::now());
        let presented = planted.secret.expose_secret().as_bytes();
        let exchanged = service.exchange(&[presented], ADDRESS).await.ok();
        let succeeded = exchanged.is_some();
        let breaks_promise = before.is_some() && before == self.is_ended(&planted);
        // Promised or not: what the database holds is in force everywhere soon.
        let is_long_before = |since: Instant| began - since > SETTLED_AFTER;
        let is_overdue =
            long_before.is_some_and(is_long_before) && long_before == self.ended_since(&planted);
        let signed_by_a_dead_key = exchanged.is_some_and(|exchanged| {
            let token = Unverified::parse(exchanged.token.expose_secret()).expect("a token");
            let was_destroyed = destroyed.contains(token.kid()) && term == self.database.term();
            was_destroyed || self.unusable_since(token.kid()).is_some_and(is_long_before)
        });
        let violates = signed_by_a_dead_key || succeeded && (breaks_promise || is_overdue);
        let mut truth = self.truth();
        let seen = &mut truth.seen;
        if succeeded {
            seen.succeeded += 1;
        } else {
            seen.refused += 1;
        }
        if violates {
            seen.violations.push(format!(
                "server {number} exchanged {} at {:?}: {:?} feed {:?} db {}",
                planted.id,
                self.machines[0].since_boot(),
                before,
                service.inner.cache.feed.as_of(),
                self.database.now().head().seq
            ));
        }
    }

    /// Since when the database has had a token as ended, whoever was told.
    fn ended_since(&self, planted: &Planted) -> Option<Instant> {
        self.database.has_been_since(|rows| {
            let token = rows.tokens.get(&planted.id);
            let owner = rows.users.get(&planted.owner);
            token.is_none_or(|token| token.row.revoked_at.is_some())
                || owner.is_some_and(|owner| owner.row.disabled)
        })
    }

    /// Since when the database has had no such key to sign with.
    fn unusable_since(&self, kid: &str) -> Option<Instant> {
        self.database.has_been_since(|rows| {
            let mut living = rows.keys.iter().filter(|key| key.row.sealed.is_some());
            !living.any(|key| key.row.kid == kid)
        })
    }

    fn fail_over(self: &Arc<Self>) {
        if !self.options.puts_back && self.database.fail_over() {
            self.forget_what_was_lost();
            self.spawn(|here| async move { here.revoke(SERVERS).await });
        }
    }

    async fn revoke(&self, by: usize) {
        let id = self.some_token().map(|planted| planted.id);
        self.revoke_one(by, id).await;
    }

    async fn revoke_one(&self, by: usize, id: Option<TokenId>) {
        let (Some(id), Some(service)) = (id, self.service(by)) else {
            return;
        };
        let term = self.database.term();
        let revoked = service.operator().revoke_token(&id.to_string()).await;
        // What a fail-over lost in between was acknowledged, but is no more.
        if revoked.is_ok() && self.database.term() == term {
            self.truth().revoked.insert(id);
            self.expect(term, "a revocation", |rows| {
                let token = rows.tokens.get(&id);
                token.is_some_and(|token| token.row.revoked_at.is_some())
            });
        }
    }

    /// Destroys every key but a new one, and what goes wrong goes wrong before everybody has heard of it.
    async fn rotate(self: &Arc<Self>, by: usize) {
        match self.chance.below(3) {
            0 => self.spawn(move |here| async move {
                here.pause(60).await;
                here.machines[by].cut_off(here.chance.millis(100, 1500));
            }),
            1 if !self.options.alone => self.spawn(|here| async move {
                here.pause(60).await;
                here.fail_over();
                here.destroy_keys(SERVERS).await;
            }),
            _ => {}
        }
        self.destroy_keys((by + 1) % SERVERS).await;
    }

    /// A server may read the keys of the second rotation when it hears of the first, and then hear no more.
    async fn rotate_twice(self: &Arc<Self>) {
        for by in 0..2 {
            self.spawn(move |here| async move { here.destroy_keys(by).await });
        }
        tokio::time::sleep(self.chance.millis(10, 80)).await;
        self.fail_over();
    }

    async fn destroy_keys(&self, by: usize) {
        let Some(service) = self.service(by) else {
            return;
        };
        let term = self.database.term();
        let rotated = service.operator().rotate_keys(Rotation::Compromised).await;
        // As this rotation left them: another one may have destroyed more since.
        let Ok(keys) = rotated else {
            return;
        };
        if self.database.term() == term {
            let destroyed = keys.into_iter().filter(|key| key.state == "Destroyed");
            self.truth().destroyed.extend(destroyed.map(|key| key.kid));
        }
    }

    /// Disables an owner, and enables them again some time after.
    async fn disable(self: Arc<Self>, by: usize) {
        let Some(service) = self.service(by) else {
            return;
        };
        let (owner, name) = {
            let truth = self.truth();
            let chosen = usize::try_from(self.chance.below(OWNERS as u64)).unwrap_or(0);
            let owner = truth.owners[chosen];
            (owner, truth.names[&owner].clone())
        };
        if !self.truth().toggled.insert(owner) {
            return;
        }
        let term = self.database.term();
        let disabled = service.operator().disable_user(&name).await;
        if disabled.is_ok() && self.database.term() == term {
            self.truth().disabled.insert(owner);
            self.pause(1500).await;
        }
        {
            let mut truth = self.truth();
            truth.disabled.remove(&owner);
            *truth.enabled.entry(owner).or_default() += 1;
        }
        self.enable(&name).await;
        if !self.options.alone && self.chance.below(2) == 0 {
            // Before everybody has heard of it.
            self.pause(40).await;
            self.fail_over();
            self.pause(1500).await;
            self.enable(&name).await;
        }
        self.truth().toggled.remove(&owner);
    }

    /// As often as it takes: what is disabled for good tests nothing more.
    async fn enable(&self, name: &str) {
        for _ in 0..20 {
            if self.admin.operator().enable_user(name).await.is_ok() {
                break;
            }
        }
    }

    /// What a fail-over loses is no longer promised.
    fn forget_what_was_lost(&self) {
        let rows = self.database.now().rows;
        let mut truth = self.truth();
        truth.revoked.retain(|id| {
            let token = rows.tokens.get(id);
            token.is_some_and(|token| token.row.revoked_at.is_some())
        });
        truth
            .disabled
            .retain(|id| rows.users.get(id).is_some_and(|user| user.row.disabled));
        truth.destroyed.retain(|kid| {
            let key = rows.keys.iter().find(|key| key.row.kid == *kid);
            key.is_some_and(|key| key.row.sealed.is_none())
        });
    }

    /// Whether the end of a token was acknowledged, and the database has it still: a revocation that a fail-over lost
    /// was lost by the database. Different where it may have come to life in between.
    fn is_ended(&self, planted: &Planted) -> Option<(u64, u64)> {
        let term = self.database.term();
        let state = self.database.now();
        let token = state.rows.tokens.get(&planted.id);
        let owner = state.rows.users.get(&planted.owner);
        let truth = self.truth();
        let revoked = truth.revoked.contains(&planted.id)
            && (self.options.puts_back
                || token.is_some_and(|token| token.row.revoked_at.is_some()));
        let disabled = truth.disabled.contains(&planted.owner)
            && owner.is_some_and(|owner| owner.row.disabled);
        let enabled = truth.enabled.get(&planted.owner).copied();
        (revoked || disabled).then_some((term, enabled.unwrap_or(0)))
    }

    /// The later ones more often: those before are mostly revoked.
    fn some_token(&self) -> Option<Planted> {
        let truth = self.truth();
        let count = truth.tokens.len() as u64;
        let back = self.chance.below(count.clamp(1, 6));
        let index = usize::try_from(count.checked_sub(1)? - back).ok()?;
        truth.tokens.get(index).cloned()
    }

    /// A server's use cases, or behind the last one those of the admin program.
    fn service(&self, number: usize) -> Option<Service> {
        match self.servers().get(number) {
            Some(server) => server.as_ref().map(|server| server.service.clone()),
            None => Some(self.admin.clone()),
        }
    }

    async fn pause(&self, up_to_millis: u64) {
        tokio::time::sleep(self.chance.millis(0, up_to_millis)).await;
    }

    fn spawn<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = work(Arc::clone(self));
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .spawn(work);
    }

    fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn servers(&self) -> MutexGuard<'_, Vec<Option<Server>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open(
    machine: &Arc<Machine>,
    database: &Arc<Database>,
    chance: &Arc<Chance>,
    folder: &TempDir,
    options: &Options,
    alone: bool,
) -> Option<Service> {
    let link = Arc::new(Link {
        database: Arc::clone(database),
        machine: Arc::clone(machine),
        chance: Arc::clone(chance),
        reads_lag: options.reads_lag,
        transactions: options.transactions,
        left_open: AtomicBool::new(false),
    });
    let machine: Arc<Machine> = Arc::clone(machine);
    let parts = Parts {
        store: Arc::new(SimulatedStore(link)),
        clock: machine,
        randomness: Arc::clone(chance) as _,
        settings: Settings::new("https://pat.example.com"),
        master_key_file: folder.path().join("master.key"),
        anchor_file: None,
        password_cost: CHEAP,
        alone,
        signature_provider: SignatureProvider::default(),
    };
    Service::open_by(parts, Rules(options.decisions)).await.ok()
}

struct PlantOwner {
    number: usize,
}

impl Change for PlantOwner {
    type Output = UserId;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(UserId, Taken), Error> {
        let id = UserId::new(draft.now, draft.random()?);
        let name = format!("owner {}", self.number);
        draft
            .insert_user(User {
                id,
                name: UserName::new(&name).expect("a name"),
                display_name: DisplayName::from_stored(name),
                kind: UserKind::Person,
                password_hash: None,
                is_administrator: false,
                disabled: false,
                created_at: draft.now,
            })
            .await?;
        draft.record(draft.entry(EventKind::UserCreated, &id));
        Ok((id, Taken::Nothing))
    }
}

struct EndWithoutAWord {
    id: TokenId,
}

impl Change for EndWithoutAWord {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let listed = draft.read().tokens().by_id(self.id).await?;
        revoke_any(draft, listed.expect("it was planted").token).await?;
        Ok(((), Taken::Nothing))
    }
}

struct PlantToken {
    owner: UserId,
    secret: NewSecret,
}

impl Change for PlantToken {
    type Output = TokenId;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(TokenId, Taken), Error> {
        let token = Token {
            id: TokenId::new(draft.now, draft.random()?),
            owner_id: self.owner,
            name: TokenName::new("planted").expect("a name"),
            description: Description::default(),
            scopes: Scopes::all(),
            allowed_networks: None,
            generation: 1,
            created_at: draft.now,
            expires_at: draft.now.after(Duration::from_hours(24)),
            regenerated_at: None,
            revoked_at: None,
        };
        let id = token.id;
        draft.insert_token(token.clone()).await?;
        self.secret.insert(draft, &token).await?;
        draft.record(draft.entry(EventKind::TokenCreated, &id));
        Ok((id, Taken::Nothing))
    }
}

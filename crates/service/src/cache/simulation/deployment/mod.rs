//! Servers, an admin program, and what happens to them.

mod acts;
mod plants;
mod policies;
mod replaced;
mod sign_ins;
mod truth;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ats_pat_auth::{PasswordCost, SignatureProvider};
use ats_pat_domain::Policy;
use ats_pat_domain::group::Groups;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use self::plants::EndWithoutAWord;
use self::truth::{Planted, Truth};
use super::chance::Chance;
use super::database::Database;
use super::machine::Machine;
use super::store::{Link, SimulatedStore, Transactions};
use crate::cache::decisions::{Decisions, Rules};
use crate::change::Authority;
use crate::service::Service;
use crate::service::open::{MasterKeySource, Parts};
use crate::service::settings::{PolicySource, Settings};

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
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Options {
    pub(super) decisions: Decisions,
    pub(super) reads_lag: Option<Duration>,
    /// What is done about transactions that fail; `None` where none fails.
    pub(super) transactions: Option<Transactions>,
    pub(super) alone: bool,
    /// Whether keys are rotated often, and twice at once, before a fail-over that loses the second
    /// rotation.
    pub(super) rotates_twice: bool,
    /// Whether somebody puts older rows back. Then nothing is lost by fail-overs: what is gone was
    /// taken away.
    pub(super) puts_back: bool,
    /// Whether the policy stands in the database, and others are put into force.
    pub(super) changes_policy: bool,
    /// Whether owners must sign in at a provider every day, and do so now and then.
    pub(super) signs_in: bool,
    pub(super) steps: u32,
}

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) succeeded: u64,
    pub(super) refused: u64,
    pub(super) renewed: u64,
    pub(super) policies: u64,
    pub(super) forbidden: u64,
    pub(super) overdue: u64,
    pub(super) violations: Vec<String>,
}

/// Runs to the end, in time that passes only while everybody waits.
fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(work)
}

/// Runs a deployment for so many steps.
pub(super) fn simulate(seed: u64, options: &Options) -> Seen {
    in_virtual_time(async {
        let deployment = Arc::new(Deployment::new(seed, options.clone()).await);
        deployment.run().await;
        deployment.end().await
    })
}

/// How long it takes until a change is answered that ends a token and says that it takes nothing.
pub(super) fn time_of_an_end_that_is_not_said(options: &Options) -> Duration {
    in_virtual_time(async {
        let deployment = Deployment::new(0, options.clone()).await;
        let planted = deployment.some_token().expect("a token");
        let began = Instant::now();
        let end = EndWithoutAWord { id: planted.id };
        let ended = deployment.admin.change(Authority::Operator, end).await;
        ended.expect("the token ends");
        began.elapsed()
    })
}

/// Whether grants are judged by an earlier policy once a stopped thread brings it, though another
/// one was put into force meanwhile.
pub(super) fn late_policy_takes_the_place(options: &Options) -> bool {
    in_virtual_time(async {
        let deployment = Deployment::new(0, options.clone()).await;
        let earlier = deployment.put_into_force(Policy::default()).await;
        let stricter = Policy {
            all_scope_allowed: false,
            ..Policy::default()
        };
        let later = deployment.put_into_force(stricter).await;
        let in_force = &deployment.admin.inner.policies;
        in_force.put(earlier);
        !in_force.is(&later.of(&Groups::default()))
    })
}

/// What succeeds by a secret that a token got itself, after a fail-over lost it and the token got
/// another one.
pub(super) fn what_a_lost_secret_does(options: &Options) -> Vec<&'static str> {
    in_virtual_time(async {
        let deployment = Deployment::new(0, options.clone()).await;
        deployment.use_a_lost_secret().await
    })
}

/// Whether a replaced secret keeps its overlap when its own first use comes late.
pub(super) fn late_first_use_leaves_the_overlap(options: &Options) -> bool {
    in_virtual_time(async {
        let deployment = Deployment::new(0, options.clone()).await;
        deployment.late_first_use_leaves_the_overlap().await
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
            let mut truth = deployment.truth.lock();
            truth.owners.push(owner);
            truth.names.insert(owner, format!("owner {number}"));
            truth.groups.insert(owner, Groups::default());
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
                140..=149 if self.options.changes_policy => {
                    self.spawn(move |here| async move { here.change_policy(number).await });
                }
                150..=152 if self.options.changes_policy => {
                    self.spawn(move |here| async move { here.regroup(number).await });
                }
                155..=164 if self.options.signs_in => {
                    self.spawn(move |here| async move { here.sign_in(number).await });
                }
                100..=139 => self.spawn(move |here| async move { here.renew(number).await }),
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
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while let Some(ended) = tasks.join_next().await {
            ended.expect("nothing panics");
        }
        for server in self.servers.lock().iter().flatten() {
            server.feed.abort();
        }
        std::mem::take(&mut self.truth.lock().seen)
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
        self.servers.lock()[number] = Some(Server {
            service,
            feed: feed.abort_handle(),
        });
    }

    async fn restart(&self, number: usize) {
        let before = self.servers.lock()[number].take();
        if let Some(server) = before {
            server.feed.abort();
        }
        self.start(number).await;
    }

    /// The later ones more often: those before are mostly revoked.
    pub(super) fn some_token(&self) -> Option<Planted> {
        let truth = self.truth.lock();
        let count = truth.tokens.len() as u64;
        let back = self.chance.below(count.clamp(1, 6));
        let index = usize::try_from(count.checked_sub(1)? - back).ok()?;
        truth.tokens.get(index).cloned()
    }

    /// A server's use cases, or behind the last one those of the admin program.
    pub(super) fn service(&self, number: usize) -> Option<Service> {
        match self.servers.lock().get(number) {
            Some(server) => server.as_ref().map(|server| server.service.clone()),
            None => Some(self.admin.clone()),
        }
    }

    /// Whether nobody else can have answered meanwhile: a server that has its database for itself
    /// acknowledges at once, and nothing of it goes on once another one has begun.
    pub(super) fn still_runs(&self, number: usize, service: &Service) -> bool {
        let now = self.service(number);
        !self.options.alone || now.is_some_and(|now| Arc::ptr_eq(&now.inner, &service.inner))
    }

    pub(super) async fn pause(&self, up_to_millis: u64) {
        tokio::time::sleep(self.chance.millis(0, up_to_millis)).await;
    }

    pub(super) fn spawn<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = work(Arc::clone(self));
        self.tasks.lock().spawn(work);
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
    let mut settings = Settings::new("https://pat.example.com");
    let mut decisions = options.decisions;
    if options.signs_in {
        settings.providers = vec![sign_ins::provider()];
    }
    if options.changes_policy {
        settings.policy_source = PolicySource::Database;
        decisions.policy.thread_stops = now_and_then;
    }
    let parts = Parts {
        store: Arc::new(SimulatedStore(link)),
        clock: machine,
        randomness: Arc::clone(chance) as _,
        settings,
        providers: Vec::new(),
        master_key: MasterKeySource::File(folder.path().join("master.key")),
        anchor_file: None,
        password_cost: CHEAP,
        alone,
        signature_provider: SignatureProvider::default(),
    };
    Service::open_by(parts, Rules(decisions)).await.ok()
}

/// Mostly not at all, now and then for longer than any change takes.
fn now_and_then(at: Duration) -> Duration {
    let dice = Chance::new(u64::try_from(at.as_nanos()).unwrap_or(0));
    match dice.below(4) {
        0 => dice.millis(0, 600),
        _ => Duration::ZERO,
    }
}

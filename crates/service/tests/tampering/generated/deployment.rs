//! Services on one database, each with a data folder of its own, in one process.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::{Clock, Randomness, RandomnessUnavailable};
use ats_pat_service::{
    MasterKeySource, OpenError, Parts, PolicySource, Service, Settings, SignatureProvider,
    SystemClock,
};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{CHEAP, ISSUER, migrated};
use fastrand::Rng;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The machine's clock, plus the time that was skipped.
#[derive(Clone, Default)]
pub struct SkippingClock(Arc<AtomicI64>);

impl SkippingClock {
    pub fn skip(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    fn skipped(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().after(self.skipped())
    }

    fn since_boot(&self) -> Duration {
        SystemClock.since_boot() + self.skipped()
    }
}

/// Everything that a seed determines.
struct SeededRandomness(Mutex<Rng>);

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        self.0.lock().unwrap().fill(bytes);
        Ok(())
    }
}

/// A running service.
struct Running {
    service: Service,
    /// Dropping it ends the feed.
    _feed: oneshot::Sender<()>,
}

pub struct Deployment {
    url: String,
    folder: TempDir,
    pub clock: SkippingClock,
    randomness: Arc<SeededRandomness>,
    running: Vec<Running>,
}

impl Deployment {
    pub async fn start(database: &TestDatabase, services: usize, seed: u64) -> Self {
        let mut deployment = Self {
            url: database.url().to_owned(),
            folder: TempDir::new().unwrap(),
            clock: SkippingClock::default(),
            randomness: Arc::new(SeededRandomness(Mutex::new(Rng::with_seed(seed)))),
            running: Vec::new(),
        };
        for number in 0..services {
            let started = deployment.open(number).await.unwrap();
            deployment.running.push(started);
        }
        deployment
    }

    pub fn count(&self) -> usize {
        self.running.len()
    }

    pub fn service(&self, number: usize) -> Service {
        self.running[number].service.clone()
    }

    /// Restarts a service, without its checkpoint if asked for. If it doesn't start, the old one
    /// goes on.
    pub async fn restart(&mut self, number: usize, forgets: bool) -> Result<(), OpenError> {
        self.running[number].service.flush().await;
        if forgets {
            let _ = fs::remove_file(self.data(number).join("checkpoint"));
        }
        self.running[number] = self.open(number).await?;
        Ok(())
    }

    fn data(&self, number: usize) -> std::path::PathBuf {
        self.folder.path().join(number.to_string())
    }

    async fn open(&self, number: usize) -> Result<Running, OpenError> {
        let data = self.data(number);
        fs::create_dir_all(&data).unwrap();
        let service = Service::open(self.parts(&data).await).await?;
        let (feed, ends) = oneshot::channel::<()>();
        let follows = service.clone();
        tokio::spawn(async move {
            follows.run_feed(async { drop(ends.await) }).await;
        });
        Ok(Running {
            service,
            _feed: feed,
        })
    }

    async fn parts(&self, data: &Path) -> Parts {
        let mut settings = Settings::new(ISSUER);
        settings.changes_per_user_per_minute = 0;
        settings.sign_in_failures_per_quarter_hour = 1_000_000;
        settings.session_idle = Duration::from_hours(100);
        settings.session_absolute = Duration::from_hours(100);
        settings.policy.base.authentication_token_minutes = 60;
        settings.policy_source = PolicySource::Database;
        Parts {
            store: migrated(&self.url).await,
            clock: Arc::new(self.clock.clone()),
            randomness: Arc::clone(&self.randomness) as Arc<dyn Randomness>,
            settings,
            providers: Vec::new(),
            master_key: MasterKeySource::File(self.folder.path().join("master.key")),
            anchor_file: Some(data.join("anchor")),
            password_cost: CHEAP,
            alone: false,
            signature_provider: SignatureProvider::default(),
        }
    }
}

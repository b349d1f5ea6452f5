//! A service over a database of its own, with a clock that the test owns.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::port::{Clock, Store};
pub use ats_pat_service::AuditProgress;
use ats_pat_service::view::{IssuedToken, NamedEventView, UserView};
use ats_pat_service::{
    Acting, Error, EventQuery, Exchanged, MasterKeySource, NewOperatorKey, NewServiceAccount,
    NewToken, NewUser, OpenError, Parts, PasswordCost, Service, Settings, SignatureProvider,
    SignedIn, SystemRandomness,
};
use ats_pat_storage::{Database, OpenOptions};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::clock::TestClock;

/// The public URL of test services.
pub const ISSUER: &str = "https://pat.example.com";
/// The password of test users.
pub const PASSWORD: &str = "plum-velvet-orbit-91";
/// The address of test clients.
pub const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
/// Password hashing that costs next to nothing; for tests only.
pub const CHEAP: PasswordCost = PasswordCost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};
/// A day of 24 hours.
pub const DAY: Duration = Duration::from_hours(24);

/// A service, and what it is made of.
pub struct World {
    /// The use cases that a test calls.
    pub service: Service,
    /// The clock of the service.
    pub clock: TestClock,
    /// The store of the service.
    pub store: Arc<dyn Store>,
    /// The settings of the service.
    pub settings: Settings,
    folder: TempDir,
}

impl World {
    /// A service with default settings over the database at `url`, which is empty or was used
    /// before.
    pub async fn new(url: &str) -> Self {
        Self::with(url, |_| {}).await
    }

    /// A service with settings of its own.
    pub async fn with(url: &str, change: impl FnOnce(&mut Settings)) -> Self {
        Self::over(migrated(url).await, change).await
    }

    /// A service over a store that was opened before.
    pub async fn over(store: Arc<dyn Store>, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let clock = TestClock::default();
        let world = Self::open(store, folder, clock, change).await;
        world.expect("the service opens")
    }

    /// A service that goes on at `now` with a store and a data folder that were in use.
    pub async fn resume(
        store: Arc<dyn Store>,
        folder: TempDir,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let clock = TestClock::default();
        clock.set(now);
        Self::open(store, folder, clock, |_| {}).await
    }

    async fn open(
        store: Arc<dyn Store>,
        folder: TempDir,
        clock: TestClock,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self, OpenError> {
        let mut settings = Settings::new(ISSUER);
        // Tests make many tokens while their clock stands still.
        settings.changes_per_user_per_minute = 0;
        change(&mut settings);
        let parts = parts(Arc::clone(&store), &clock, settings.clone(), folder.path());
        Ok(Self {
            service: Service::open(parts).await?,
            clock,
            store,
            settings,
            folder,
        })
    }

    /// The parts of another service over the same store, keys and clock.
    pub fn parts(&self) -> Parts {
        parts(
            Arc::clone(&self.store),
            &self.clock,
            self.settings.clone(),
            self.folder(),
        )
    }

    /// Starts the service again.
    pub async fn reopen(&self) -> Result<Service, OpenError> {
        Service::open(self.parts()).await
    }

    /// The data folder: `master.key` and `anchor` are in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Now, by the test's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Adds a user with [`PASSWORD`].
    pub async fn add_user(&self, name: &str) -> UserView {
        let added = self.service.operator().add_user(person(name, false)).await;
        added.expect("the user is added")
    }

    /// Adds an administrator with [`PASSWORD`].
    pub async fn add_administrator(&self, name: &str) -> UserView {
        let added = self.service.operator().add_user(person(name, true)).await;
        added.expect("the administrator is added")
    }

    /// Adds a service account that this person is responsible for.
    pub async fn add_service_account(&self, name: &str, responsible: &str) -> UserView {
        let new = NewServiceAccount {
            name: name.to_owned(),
            id: None,
            display_name: None,
            email: None,
            responsible: responsible.to_owned(),
        };
        let added = self.service.operator().add_service_account(new).await;
        added.expect("the service account is added")
    }

    /// The events of a kind, the newest first.
    pub async fn told(&self, kind: &str) -> Vec<NamedEventView> {
        let query = EventQuery {
            kind: Some(kind.to_owned()),
            limit: 100,
            ..EventQuery::default()
        };
        let page = self.service.operator().event_page(query).await;
        page.expect("the log is read")
    }

    /// What `audit verify` finds.
    pub async fn findings(&self) -> Vec<String> {
        let report = self.service.operator().verify_audit().await;
        report.expect("the log is read").findings
    }

    /// Signs a user in that [`Self::add_user`] or [`Self::add_administrator`] added.
    pub async fn sign_in(&self, name: &str) -> SignedIn {
        let result = self
            .service
            .sign_in(name, &PASSWORD.into(), ADDRESS)
            .await
            .expect("the sign-in is right");
        self.service
            .authenticate(result.session_id.expose_secret())
            .await
            .expect("the session holds")
    }

    /// Adds a user and signs in.
    pub async fn signed_in(&self, name: &str) -> SignedIn {
        self.add_user(name).await;
        self.sign_in(name).await
    }

    /// Adds an administrator and signs in.
    pub async fn administrator(&self, name: &str) -> SignedIn {
        self.add_administrator(name).await;
        self.sign_in(name).await
    }

    /// Makes a token that lasts for `lifetime`.
    pub async fn create(
        &self,
        by: impl Into<Acting<'_>>,
        name: &str,
        lifetime: Duration,
    ) -> Result<IssuedToken, Error> {
        let new = self.new_token(name, lifetime);
        self.service.create_token(by, new).await
    }

    /// What is asked for by somebody who makes a token that lasts for `lifetime`.
    pub fn new_token(&self, name: &str, lifetime: Duration) -> NewToken {
        NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(self.now().after(lifetime).to_string()),
            ..NewToken::default()
        }
    }

    /// What is asked for by somebody who makes an operator key that lasts for a day.
    pub fn new_operator_key(&self, rights: &[Right]) -> NewOperatorKey {
        NewOperatorKey {
            name: Some("Terraform".to_owned()),
            rights: rights
                .iter()
                .map(|right| right.as_str().to_owned())
                .collect(),
            expires_at: Some(self.now().after(DAY).to_string()),
            allowed_networks: None,
        }
    }

    /// Exchanges a secret from [`ADDRESS`].
    pub async fn exchange(&self, secret: &SecretString) -> Result<Exchanged, Error> {
        self.exchange_from(secret, ADDRESS).await
    }

    /// Exchanges a secret from `address`.
    pub async fn exchange_from(
        &self,
        secret: &SecretString,
        address: IpAddr,
    ) -> Result<Exchanged, Error> {
        self.service
            .exchange(&[secret.expose_secret().as_bytes()], address)
            .await
    }
}

/// A user to add, who has only a name and [`PASSWORD`].
pub fn person(name: &str, administrator: bool) -> NewUser {
    NewUser {
        name: name.to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator,
        password: Some(PASSWORD.into()),
    }
}

/// The database at `url`, opened and migrated.
pub async fn migrated(url: &str) -> Arc<dyn Store> {
    let database = Database::open(url, OpenOptions::default())
        .await
        .expect("the test database opens");
    database
        .migrate()
        .await
        .expect("the test database takes the tables");
    Arc::new(database)
}

fn parts(store: Arc<dyn Store>, clock: &TestClock, settings: Settings, folder: &Path) -> Parts {
    Parts {
        store,
        clock: Arc::new(clock.clone()),
        randomness: Arc::new(SystemRandomness),
        settings,
        providers: Vec::new(),
        master_key: MasterKeySource::File(folder.join("master.key")),
        anchor_file: Some(folder.join("anchor")),
        password_cost: CHEAP,
        alone: false,
        signature_provider: SignatureProvider::default(),
    }
}

/// The code of an exchange at this server, from [`ADDRESS`].
pub async fn exchanged(service: &Service, secret: &SecretString) -> u32 {
    let secret = secret.expose_secret().as_bytes();
    code(service.exchange(&[secret], ADDRESS).await)
}

/// The code of a refusal, or of what a failure is answered with.
pub fn code<T>(result: Result<T, Error>) -> u32 {
    match result {
        Ok(_) => 1,
        Err(error) => error.into_problem("test").code().number(),
    }
}

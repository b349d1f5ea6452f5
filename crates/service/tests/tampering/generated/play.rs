//! One world: its services, its rows, its people, and the attacker.

use std::collections::BTreeMap;
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::StoreError;
use ats_pat_service::{Error, Exchanged, Introspector, NewToken, Service};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::PASSWORD;
use fastrand::Rng;
use secrecy::{ExposeSecret as _, SecretString};

use super::attack::{attack, keep, repent};
use super::deployment::Deployment;
use super::ground::{Ground, Written};
use super::model::{Bearer, Fate, Model, Secret, Session, Standing, Token, User};
use super::table::{Place, Table};

/// How many of the last steps a violation is told with.
const TOLD: usize = 400;

pub struct Play {
    pub deployment: Deployment,
    pub ground: Ground,
    pub model: Model,
    pub rng: Rng,
    pub introspector: Introspector,
    pub made: u32,
    trace: Vec<String>,
    pub violations: Vec<String>,
    pub tally: BTreeMap<&'static str, u64>,
}

/// Asks again where the log was not read far enough, or the database is busy.
pub async fn patiently<T>(call: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 0..50 {
        match call().await {
            Err(
                Error::LogNotRead
                | Error::Store(StoreError::Retryable(_) | StoreError::Unavailable(_)),
            ) => tokio::time::sleep(Duration::from_millis(100)).await,
            other => return other,
        }
    }
    call().await
}

/// Asks once, or, where it must work, again and again: what was given just now (a user was enabled)
/// is known everywhere only after the next poll of the log.
pub async fn until_it_works<T>(
    must: bool,
    call: impl AsyncFn() -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..if must { 30 } else { 0 } {
        if let Ok(done) = call().await {
            return Ok(done);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    call().await
}

impl Play {
    /// A world with an administrator, two others, and a service account.
    pub async fn begin(
        database: &TestDatabase,
        services: usize,
        seed: u64,
        spared: &[Table],
    ) -> Self {
        let deployment = Deployment::start(database, services, seed).await;
        let mut ground = Ground::new(database).await;
        ground.spared = spared.to_vec();
        let mut rng = Rng::with_seed(seed);
        let service = deployment.service(0);
        let mut model = Model::default();
        for _ in 0..2 {
            let code = service.make_setup_link().await.unwrap().unwrap();
            model.codes_over.push(code);
            ground.after_call().await;
            keep(&mut ground, &mut rng);
        }
        let code = model.codes_over[1].expose_secret();
        let address = address_of(0);
        let root = service
            .set_up(code, "root", &PASSWORD.into(), address)
            .await;
        let mut play = Self {
            introspector: introspector(&service).await,
            deployment,
            ground,
            model,
            rng,
            made: 0,
            trace: Vec::new(),
            violations: Vec::new(),
            tally: BTreeMap::new(),
        };
        let written = play.ground.after_call().await;
        play.note_user("root", &root.unwrap().id.to_string(), true, &written);
        for name in ["ada", "eve"] {
            play.add_user(name).await;
        }
        play.add_account("robot", 1).await;
        for user in 0..4 {
            play.sign_in(user).await;
            play.create(user).await;
            play.exchange_one(user).await;
            keep(&mut play.ground, &mut play.rng);
        }
        play
    }

    /// Attacks and calls in any order; then what is granted, and what is told.
    pub async fn round(&mut self) {
        if self.rng.u8(..3) == 0 {
            keep(&mut self.ground, &mut self.rng);
        }
        if self.rng.u8(..4) == 0 {
            let by = Duration::from_secs(self.rng.u64(..240));
            self.deployment.clock.skip(by);
        }
        for _ in 0..self.rng.u8(2..7) {
            if self.rng.u8(..9) < 4 {
                let what = attack(&mut self.ground, &mut self.rng).await;
                self.count("attacks");
                self.note(format!("attack: {what}"));
            } else {
                self.call().await;
            }
        }
        self.probe().await;
        self.verify().await;
        if self.rng.u8(..25) == 0 {
            self.touch_an_event().await;
        }
        let all = self.rng.u8(..3) == 0;
        if all || self.rng.bool() {
            let what = repent(&mut self.ground, &mut self.rng, all).await;
            self.note(format!("attacker {what}"));
            self.verify().await;
        }
    }

    /// `audit verify` names what is wrong, and nothing else.
    async fn verify(&mut self) {
        let service = self.any_service();
        match patiently(async || service.operator().verify_audit().await).await {
            Ok(report) => {
                for fault in self.ground.faults_of(&report.findings) {
                    self.violation(format!("audit verify: {fault}"));
                }
            }
            Err(error) => self.violation(format!("audit verify fails: {error:?}")),
        }
    }

    /// While an event is not what it was, nothing that was taken away is granted.
    async fn touch_an_event(&mut self) {
        let last = "(SELECT seq FROM event_head)";
        let back = self.rng.u8(..6);
        let which = format!("seq = {last} - {back}");
        let keep = format!("CREATE TABLE kept_event AS SELECT * FROM events WHERE {which}");
        self.ground.execute(&keep).await;
        let touch = format!("UPDATE events SET details = hash WHERE {which}");
        self.ground.execute(&touch).await;
        self.note(format!("attack: spoils the event {back} before the last"));
        self.probe_what_is_over(6).await;
        self.ground
            .execute("UPDATE events SET details = (SELECT details FROM kept_event) WHERE seq = (SELECT seq FROM kept_event)")
            .await;
        self.ground.execute("DROP TABLE kept_event").await;
        self.note("attacker restores the event".to_owned());
        self.count("events spoilt");
    }

    pub fn any_service(&mut self) -> Service {
        let number = self.rng.usize(..self.deployment.count());
        self.deployment.service(number)
    }

    pub fn note(&mut self, what: String) {
        self.trace.push(what);
    }

    pub fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    pub fn violation(&mut self, what: String) {
        if self.violations.is_empty() {
            let from = self.trace.len().saturating_sub(TOLD);
            self.violations.push(self.trace[from..].join("\n"));
        }
        self.violations.push(what);
    }

    pub fn note_user(&mut self, name: &str, id: &str, is_administrator: bool, written: &Written) {
        let place = written.new_in(Table::Users).unwrap().clone();
        self.model.users.push(User {
            is_administrator,
            password: Some(PASSWORD.to_owned()),
            ..User::person(name, id, place)
        });
    }

    pub fn note_account(&mut self, name: &str, id: &str, responsible: usize, written: &Written) {
        let place = written.new_in(Table::Users).unwrap().clone();
        self.model.users.push(User {
            responsible: Some(responsible),
            is_account: true,
            ..User::person(name, id, place)
        });
    }

    pub fn note_session(&mut self, user: usize, id: SecretString, place: Place) {
        self.model.sessions.push(Session {
            id,
            user,
            place,
            fate: Fate::Works,
        });
    }

    pub fn note_token(
        &mut self,
        owner: usize,
        issued: &ats_pat_service::view::IssuedToken,
        renews_until: Option<Timestamp>,
        written: &Written,
    ) {
        let place = written.new_in(Table::Tokens).unwrap().clone();
        self.model.tokens.push(Token {
            id: issued.token.id.to_string(),
            owner,
            place,
            scope: "all",
            expires_at: issued.token.expires_at,
            renews_until,
            fate: Fate::Works,
        });
        let token = self.model.tokens.len() - 1;
        self.note_secret(token, &issued.secret, Standing::CURRENT, written);
    }

    pub fn note_secret(
        &mut self,
        token: usize,
        text: &SecretString,
        standing: Standing,
        written: &Written,
    ) {
        let place = written.new_in(Table::Secrets).unwrap().clone();
        self.model.secrets.push(Secret {
            text: text.clone(),
            token,
            place,
            standing,
            fate: Fate::Works,
        });
    }

    pub fn note_bearer(&mut self, secret: usize, exchanged: &Exchanged) {
        let text = &exchanged.token;
        let kid = ats_pat_token::Unverified::parse(text.expose_secret())
            .unwrap()
            .kid()
            .to_owned();
        self.model.bearers.push(Bearer {
            text: text.clone(),
            secret,
            kid,
            // With some to spare for what is asked just then.
            expires_at: exchanged.expires_at.before(Duration::from_mins(2)),
            fate: Fate::Works,
        });
    }
}

/// An address from which nobody guessed too often.
pub fn any_address(rng: &mut Rng) -> std::net::IpAddr {
    std::net::Ipv4Addr::from(0x0a00_0000 | rng.u32(..1 << 24)).into()
}

/// Where a user signs in from.
pub fn address_of(user: usize) -> std::net::IpAddr {
    std::net::Ipv4Addr::new(192, 0, 2, u8::try_from(user).unwrap_or(u8::MAX)).into()
}

async fn introspector(service: &Service) -> Introspector {
    let address = address_of(0);
    let signed_in = service
        .sign_in("root", &PASSWORD.into(), address)
        .await
        .unwrap();
    let by = service
        .authenticate(signed_in.session_id.expose_secret())
        .await
        .unwrap();
    let new = NewToken {
        name: Some("introspector".to_owned()),
        expires_at: Some(service.now().after(Duration::from_hours(24)).to_string()),
        scopes: Some(vec!["introspect".to_owned()]),
        ..NewToken::default()
    };
    let issued = service.create_token(&by, new).await.unwrap();
    let secret = issued.secret.expose_secret().as_bytes();
    let exchanged = service.exchange(&[secret], address).await.unwrap();
    service
        .introspector(exchanged.token.expose_secret())
        .await
        .unwrap()
}

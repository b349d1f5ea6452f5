//! Owners who have to sign in at the provider every few days (`sign-in-every-days`).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Introspector, NewToken, Parts, Service, Settings, SignedIn, SystemClock};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code, exchanged, migrated};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{Company, ISSUER, PARTNER, partner, person};

const DAYS: u32 = 30;
const EVERY: Duration = Duration::from_hours(24 * DAYS as u64);
const ALMOST_A_DAY: Duration = Duration::from_secs(24 * 3600 - 1);
const MINUTE: Duration = Duration::from_mins(1);
const MS: Duration = Duration::from_millis(1);
const OVERDUE: u32 = 1207;

/// Users of `corp` must sign in every 30 days. Sessions last for as long as anybody wants.
fn rule(settings: &mut Settings) {
    settings.providers[0].sign_in_every_days = NonZeroU32::new(DAYS);
    settings.session_idle = 400 * DAY;
    settings.session_absolute = 400 * DAY;
}

async fn company(database: &TestDatabase) -> Company {
    Company::of(database, rule).await
}

impl Company {
    async fn exchanged(&self, issued: &IssuedToken) -> u32 {
        exchanged(&self.service, &issued.secret).await
    }

    async fn bearer(&self, issued: &IssuedToken) -> SecretString {
        let shown = [issued.secret.expose_secret().as_bytes()];
        let exchanged = self.service.exchange(&shown, ADDRESS).await;
        exchanged.unwrap().token
    }

    async fn identified(&self, bearer: &SecretString) -> u32 {
        code(self.service.identity(bearer.expose_secret()).await)
    }

    async fn create(&self, by: &SignedIn) -> IssuedToken {
        let at = |after| Some(self.world.now().after(after).to_string());
        let new = NewToken {
            name: Some("ci".to_owned()),
            expires_at: at(300 * DAY),
            may_regenerate_itself: true,
            regenerates_until: at(300 * DAY),
            ..NewToken::default()
        };
        self.service.create_token(by, new).await.unwrap()
    }

    async fn introspector(&self) -> Introspector {
        let boss = self.world.administrator("boss").await;
        let new = NewToken {
            scopes: Some(vec!["introspect".to_owned()]),
            ..self.world.new_token("introspection", 300 * DAY)
        };
        let issued = self.service.create_token(&boss, new).await.unwrap();
        let bearer = self.bearer(&issued).await;
        let introspector = self.service.introspector(bearer.expose_secret()).await;
        introspector.unwrap()
    }

    async fn is_alive(&self, by: &Introspector, shown: &SecretString) -> bool {
        let told = self.service.introspect(by, shown).await;
        told.unwrap().is_some()
    }
}

#[on_every_database]
async fn everything_of_an_owner_stops_who_has_not_signed_in_for_so_long(database: &TestDatabase) {
    let company = company(database).await;
    let clock = &company.world.clock;
    let by = company.introspector().await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let session = company.session_of(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    let end = company.world.now().after(EVERY);
    let shown = [issued.secret.expose_secret().as_bytes()];

    // An authentication token ends with the sign-in, and the answer still says when the personal
    // access token does.
    clock.set(end.before(MINUTE));
    let answered = company.service.exchange(&shown, ADDRESS).await.unwrap();
    assert_eq!(answered.expires_at.as_seconds(), end.as_seconds());
    let of_entry = answered.personal_access_token_expires_at;
    assert_eq!(of_entry, issued.token.expires_at);
    let holder = company.service.authenticate_holder(&shown, ADDRESS).await;
    let holder = holder.unwrap();
    let renewed = company.service.regenerate_itself(&holder, None).await;
    let renewed = renewed.unwrap().secret;
    assert!(company.is_alive(&by, &issued.secret).await);
    assert!(company.is_alive(&by, &answered.token).await);

    // For less than a second nothing is minted.
    clock.set(end.before(Duration::from_secs(1)));
    assert_eq!(company.exchanged(&issued).await, 1);
    clock.set(end.before(Duration::from_millis(999)));
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    assert_eq!(company.identified(&answered.token).await, 1);
    assert!(company.holds(&ada).await);

    clock.set(end);
    for secret in [&issued.secret, &renewed] {
        assert_eq!(exchanged(&company.service, secret).await, OVERDUE);
        assert!(!company.is_alive(&by, secret).await);
    }
    assert_eq!(company.identified(&answered.token).await, 1206);
    assert!(!company.is_alive(&by, &answered.token).await);
    let again = company.service.authenticate_holder(&shown, ADDRESS).await;
    assert_eq!(code(again), OVERDUE);
    // The change looks again.
    let late = company.service.regenerate_itself(&holder, None).await;
    assert_eq!(code(late), OVERDUE);
    assert!(!company.holds(&ada).await);
    let new = company.world.new_token("more", DAY);
    assert_eq!(code(company.service.create_token(&ada, new).await), 1100);
    let authenticated = async || {
        let session = company.service.authenticate(session.expose_secret());
        code(session.await)
    };
    assert_eq!(authenticated().await, 1100);

    // A sign-in there is all it takes, and what had ended stays so.
    let anew = company.sign_in(person("1", "ada", &[])).await.unwrap();
    assert_eq!(company.exchanged(&issued).await, 1);
    assert_eq!(exchanged(&company.service, &renewed).await, 1);
    assert!(company.holds(&anew).await && !company.holds(&ada).await);
    assert_eq!(authenticated().await, 1100);
    company.verified().await;
}

#[on_every_database]
async fn who_signs_in_every_day_is_never_refused(database: &TestDatabase) {
    let every_day = |settings: &mut Settings| {
        rule(settings);
        settings.providers[0].sign_in_every_days = NonZeroU32::new(1);
    };
    let company = Company::of(database, every_day).await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    // Twice within an hour, and then at the very end of the later one.
    for wait in [Duration::from_mins(50), ALMOST_A_DAY] {
        company.world.clock.advance(wait);
        assert_eq!(company.exchanged(&issued).await, 1);
        company.sign_in(person("1", "ada", &[])).await.unwrap();
    }
    company.world.clock.advance(DAY);
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
}

#[on_every_database]
async fn who_never_signed_in_counts_from_when_the_user_was_added(database: &TestDatabase) {
    let company = company(database).await;
    let ada = company.world.signed_in("ada").await;
    let issued = company.create(&ada).await;
    // The rule is not for users without an identity, and never for service accounts.
    company.world.add_service_account("deploy", "ada").await;
    company.world.clock.advance(EVERY);
    let bearer = company.bearer(&issued).await;
    assert_eq!(company.identified(&bearer).await, 1);

    let operator = company.service.operator();
    operator.link_identity("ada", ISSUER, "1").await.unwrap();
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    assert_eq!(company.identified(&bearer).await, 1206);
    // Who trusts the status list alone gets to know it too.
    let told = company.world.told("identity.linked").await;
    let details = told[0].event.details.to_string();
    assert!(details.contains("PlacesRevoked"), "{details}");
    company.sign_in(person("1", "ada", &[])).await.unwrap();
    assert_eq!(company.exchanged(&issued).await, 1);
    company.verified().await;
}

#[on_every_database]
async fn service_accounts_are_exempt(database: &TestDatabase) {
    let company = company(database).await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let account = company.world.add_service_account("deploy", "ada").await;
    let owner = ats_pat_service::Owner::ServiceAccount(account.id);
    let acting = ats_pat_service::Acting::on(&ada, owner);
    let new = company.world.new_token("deploy", 300 * DAY);
    let issued = company.service.create_token(acting, new).await.unwrap();
    company.world.clock.advance(EVERY);
    assert_eq!(company.exchanged(&issued).await, 1);
}

#[on_every_database]
async fn a_sign_in_elsewhere_does_not_make_up_for_one_there(database: &TestDatabase) {
    let company = company(database).await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    let operator = company.service.operator();
    operator.link_identity("ada", PARTNER, "7").await.unwrap();
    let end = company.world.now().after(EVERY);
    company.world.clock.set(end.before(MINUTE));
    let elsewhere = company.sign_in_at(&company.partner, partner("7", "ada"), None);
    let elsewhere = elsewhere.await.unwrap();
    assert_eq!(company.exchanged(&issued).await, 1);
    company.world.clock.advance(MINUTE);
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    // That session is as good as before.
    assert!(company.holds(&elsewhere).await);
    // Without the identity there the rule is for others.
    operator.unlink_identity("ada", Some("corp")).await.unwrap();
    assert_eq!(company.exchanged(&issued).await, 1);
    company.verified().await;
}

#[on_every_database]
async fn the_rule_outlives_the_identity_that_was_used_last(database: &TestDatabase) {
    let company = company(database).await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let end = company.world.now().after(EVERY);
    let issued = company.create(&ada).await;
    let operator = company.service.operator();
    operator.link_identity("ada", PARTNER, "7").await.unwrap();
    company.world.clock.advance(DAY);
    let elsewhere = company.sign_in_at(&company.partner, partner("7", "ada"), None);
    elsewhere.await.unwrap();
    operator
        .unlink_identity("ada", Some("partner"))
        .await
        .unwrap();
    assert_eq!(company.exchanged(&issued).await, 1);
    company.world.clock.set(end);
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    company.verified().await;
}

#[on_every_database]
async fn a_new_rule_stops_what_was_exchanged_before_it(database: &TestDatabase) {
    let mut company = Company::new(database).await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    company.world.clock.advance(DAY);
    let bearer = company.bearer(&issued).await;
    assert_eq!(company.identified(&bearer).await, 1);
    company
        .restart(|rules| rules.sign_in_every_days = NonZeroU32::new(1))
        .await;
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    assert_eq!(company.identified(&bearer).await, 1206);
}

#[on_every_database]
async fn a_planted_time_and_a_row_that_was_put_back_grant_nothing(database: &TestDatabase) {
    let company = company(database).await;
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    company.world.clock.advance(EVERY);
    let now = company.world.now().as_millis();
    let plant = format!("UPDATE users SET signed_in_at = {now}");
    database.execute(&plant).await;
    assert_eq!(company.exchanged(&issued).await, 1201);
    let before = company.world.now().before(EVERY).as_millis();
    let undo = format!("UPDATE users SET signed_in_at = {before}");
    database.execute(&undo).await;
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    database
        .execute(&format!(
            "UPDATE users SET signed_in_elsewhere = 'corp {now}'"
        ))
        .await;
    assert_eq!(company.exchanged(&issued).await, 1201);
    database
        .execute("UPDATE users SET signed_in_elsewhere = NULL")
        .await;
    // The older row has its own tag, and another one took its place.
    database
        .execute("CREATE TABLE kept AS SELECT signed_in_at, tag, key_id FROM users")
        .await;
    company.sign_in(person("1", "ada", &[])).await.unwrap();
    assert_eq!(company.exchanged(&issued).await, 1);
    database
        .execute(
            "UPDATE users SET signed_in_at = (SELECT signed_in_at FROM kept), \
             tag = (SELECT tag FROM kept), key_id = (SELECT key_id FROM kept)",
        )
        .await;
    company.world.clock.advance(MINUTE);
    assert_eq!(company.exchanged(&issued).await, 1201);
}

#[on_every_database]
async fn clocks_that_are_far_off_break_nothing(database: &TestDatabase) {
    let company = company(database).await;
    let now = company.world.now();
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    // What the clock said then is too good to be true.
    company.world.clock.set(now.before(2 * MINUTE));
    assert_eq!(company.exchanged(&issued).await, OVERDUE);
    company.world.clock.set(now.before(MINUTE));
    assert_eq!(company.exchanged(&issued).await, 1);
    for far in [Timestamp::from_millis(0), Timestamp::from_millis(i64::MIN)] {
        company.world.clock.set(far);
        assert_ne!(company.exchanged(&issued).await, 1);
    }
    company.world.clock.set(Timestamp::MAX.before(MS));
    assert_eq!(company.exchanged(&issued).await, 1202);
    company.world.clock.set(now);
    assert_eq!(company.exchanged(&issued).await, 1);
}

/// Another server in real time. Its users sign in every day.
async fn server(world: &World, url: &str) -> Service {
    let mut parts = Parts {
        store: migrated(url).await,
        clock: Arc::new(SystemClock),
        anchor_file: None,
        ..world.parts()
    };
    parts.settings.providers[0].sign_in_every_days = NonZeroU32::new(1);
    let service = Service::open(parts).await.unwrap();
    let follower = service.clone();
    tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
    service
}

/// Exchanges until an exchange was answered from memory.
async fn warm(service: &Service, secret: &SecretString) {
    loop {
        let before = service.figures().cache_hits;
        assert_eq!(exchanged(service, secret).await, 1);
        if service.figures().cache_hits > before {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[on_every_database]
async fn a_server_refuses_from_memory_what_no_event_tells_of(database: &TestDatabase) {
    let company = company(database).await;
    let clock = &company.world.clock;
    clock.set(SystemClock.now());
    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.create(&ada).await;
    let servers = [
        server(&company.world, database.url()).await,
        server(&company.world, database.url()).await,
    ];
    // In a few seconds, Ada signed in a day ago.
    let soon = SystemClock.now().after(Duration::from_secs(8));
    clock.set(soon.before(DAY));
    company.sign_in(person("1", "ada", &[])).await.unwrap();
    for server in &servers {
        warm(server, &issued.secret).await;
    }
    let shown = [issued.secret.expose_secret().as_bytes()];
    let token = servers[0].exchange(&shown, ADDRESS).await.unwrap().token;
    while SystemClock.now() < soon {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for server in &servers {
        let hits = server.figures().cache_hits;
        assert_eq!(exchanged(server, &issued.secret).await, OVERDUE);
        assert!(server.figures().cache_hits > hits, "it was read again");
        let identity = server.identity(token.expose_secret()).await;
        assert_eq!(code(identity), 1206);
    }
    // A sign-in by one server is known to all as soon as they have heard of it.
    clock.set(SystemClock.now());
    company.sign_in(person("1", "ada", &[])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    for server in &servers {
        warm(server, &issued.secret).await;
    }
}

//! The status list, on every database: what takes rights away sets a bit, and every server serves the same list.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a step that fails has failed the test"
)]

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{PublishedStatusList, Regeneration, Service, SignedIn, TokenUpdate};
use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::world::{DAY, ISSUER, World};
use ats_pat_test_support::{TestDatabase, on_every_database, on_every_server};
use ats_pat_token::{
    Claims, Expectations, ListVersion, StatusList, StatusReference, Unverified,
    UnverifiedStatusList,
};
use proptest::test_runner::{RngAlgorithm, TestRng};
use secrecy::{ExposeSecret, SecretString};

/// Longer than a look at the event log may be old.
const A_MOMENT: Duration = Duration::from_millis(200);
/// As long as a token that was exchanged just before its revocation can be accepted.
const REVOKED_FOR: Duration = Duration::from_mins(66);
/// As long as a free place rests.
const RESTS_FOR: Duration = Duration::from_mins(11);

async fn published(service: &Service, uri: &str) -> PublishedStatusList {
    let name = uri
        .strip_prefix(&format!("{ISSUER}/status-lists/"))
        .unwrap();
    service
        .status_list(name)
        .await
        .unwrap()
        .expect("the list is there")
}

/// The list at an address, verified as a verifier does.
async fn list(world: &World, service: &Service, uri: &str) -> (ListVersion, StatusList) {
    let text = published(service, uri).await.text;
    let unverified = UnverifiedStatusList::parse(str::from_utf8(&text).unwrap()).unwrap();
    let keys = service.jwks().await.unwrap();
    let key = keys.find(unverified.kid()).unwrap().key();
    let now = world.now().as_seconds();
    let claims = unverified.verify(key, ISSUER, uri, now, 0).unwrap();
    (claims.version, claims.status_list.decompress().unwrap())
}

async fn claims(world: &World, secret: &SecretString) -> Claims {
    let token = world.exchange(secret).await.unwrap().token;
    let unverified = Unverified::parse(token.expose_secret()).unwrap();
    let keys = world.service.jwks().await.unwrap();
    let expectations = Expectations {
        issuer: ISSUER,
        audience: ISSUER,
        now_seconds: world.now().as_seconds(),
        skew_seconds: 0,
    };
    let key = *keys.find(unverified.kid()).unwrap().key();
    unverified.verify(&key, &expectations).unwrap()
}

async fn place(world: &World, issued: &IssuedToken) -> StatusReference {
    claims(world, &issued.secret).await.status.expect("a place")
}

/// What a verifier would say of a place.
async fn is_revoked(world: &World, place: &StatusReference) -> bool {
    let (_, list) = list(world, &world.service, &place.uri).await;
    list.is_revoked(place.index)
        .expect("the list has the place")
}

async fn regenerate(world: &World, by: &SignedIn, issued: &IssuedToken) -> IssuedToken {
    let id = issued.token.id.to_string();
    let regenerated = world
        .service
        .regenerate_token(by, &id, Regeneration::default())
        .await;
    regenerated.unwrap()
}

async fn revoke(world: &World, by: &SignedIn, issued: &IssuedToken) {
    let id = issued.token.id.to_string();
    let _ = world.service.revoke_token(by, &id).await.unwrap();
}

#[on_every_database]
async fn revoking_and_regenerating_set_the_bit_of_the_secret_that_ends(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let first = world.create(&ada, "first", DAY).await.unwrap();
    let other = world.create(&ada, "other", DAY).await.unwrap();
    let (old, untouched) = (place(&world, &first).await, place(&world, &other).await);
    assert_eq!(old.uri, format!("{ISSUER}/status-lists/0"));
    assert_ne!(old.index, untouched.index);
    assert_eq!(
        place(&world, &first).await,
        old,
        "the tokens of one secret share a place"
    );
    assert!(!is_revoked(&world, &old).await);

    let second = regenerate(&world, &ada, &first).await;
    let new = place(&world, &second).await;
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &old).await);
    assert!(!is_revoked(&world, &new).await);

    revoke(&world, &ada, &second).await;
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &new).await);
    assert!(!is_revoked(&world, &untouched).await);
}

#[on_every_database]
async fn an_earlier_expiry_revokes_what_would_outlive_it(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let shorten = async |expires_at: Timestamp| {
        let earlier = TokenUpdate {
            expires_at: Some(expires_at.to_string()),
            ..TokenUpdate::default()
        };
        let updated = world.service.update_token(&ada, &id, earlier).await;
        updated.unwrap();
        world.clock.advance(A_MOMENT);
    };
    let old = place(&world, &issued).await;
    // Nothing that was exchanged before lives as long.
    shorten(world.now().after(REVOKED_FOR)).await;
    assert_eq!(place(&world, &issued).await, old);
    assert!(!is_revoked(&world, &old).await);

    let soon = world.now().after(Duration::from_mins(2));
    shorten(soon).await;
    assert!(is_revoked(&world, &old).await);
    let new = claims(&world, &issued.secret).await;
    assert!(new.exp <= soon.as_seconds());
    let new = new.status.expect("a place");
    assert_ne!(new.index, old.index);
    assert!(!is_revoked(&world, &new).await);

    // Whoever began to follow the log later says the same.
    let other = world.reopen().await.unwrap();
    let (_, list) = list(&world, &other, &old.uri).await;
    assert_eq!(list.is_revoked(old.index), Some(true));
    assert_eq!(list.is_revoked(new.index), Some(false));
}

#[on_every_database]
async fn a_disabled_owner_s_places_stay_revoked_and_enabling_brings_new_ones(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = place(&world, &issued).await;
    let operator = world.service.operator();
    let _ = operator.disable_user("ada").await.unwrap();
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &before).await);

    let _ = operator.enable_user("ada").await.unwrap();
    let after = place(&world, &issued).await;
    assert_ne!(after.index, before.index);
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &before).await, "for good");
    assert!(!is_revoked(&world, &after).await);
    assert_eq!(place(&world, &issued).await, after, "given once");
    let report = operator.verify_audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
}

#[on_every_database]
async fn a_place_is_given_away_only_when_no_token_that_bears_it_can_live(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let ada = world.sign_in("ada").await;
    let ended = world.create(&ada, "ended", 30 * DAY).await.unwrap();
    let place_of_ended = place(&world, &ended).await;
    revoke(&world, &ada, &ended).await;

    world
        .clock
        .advance(REVOKED_FOR.checked_sub(Duration::from_millis(1)).unwrap());
    let ada = world.sign_in("ada").await;
    assert!(is_revoked(&world, &place_of_ended).await);
    let next = world.create(&ada, "next", 30 * DAY).await.unwrap();
    assert_ne!(place(&world, &next).await.index, place_of_ended.index);

    // Free, but lists that say that it is revoked may still be in use.
    world.clock.advance(RESTS_FOR);
    let ada = world.sign_in("ada").await;
    assert!(!is_revoked(&world, &place_of_ended).await);
    let third = world.create(&ada, "third", 30 * DAY).await.unwrap();
    assert_ne!(place(&world, &third).await.index, place_of_ended.index);

    world.clock.advance(Duration::from_millis(1));
    let heir = world.create(&ada, "heir", 30 * DAY).await.unwrap();
    assert_eq!(place(&world, &heir).await.index, place_of_ended.index);
    // Whoever ends the old entry again does no harm to the heir.
    revoke(&world, &ada, &ended).await;
    world.clock.advance(A_MOMENT);
    assert!(!is_revoked(&world, &place_of_ended).await);
}

#[on_every_database]
async fn the_place_of_an_expired_token_is_given_away_and_revoking_the_token_then_harms_nobody(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let ada = world.sign_in("ada").await;
    let short = world
        .create(&ada, "short", Duration::from_mins(1))
        .await
        .unwrap();
    let place_of_short = place(&world, &short).await;
    world.clock.advance(Duration::from_mins(19));
    let heir = world.create(&ada, "heir", DAY).await.unwrap();
    assert_eq!(place(&world, &heir).await, place_of_short);
    revoke(&world, &ada, &short).await;
    world.clock.advance(A_MOMENT);
    assert!(!is_revoked(&world, &place_of_short).await);
}

#[on_every_database]
async fn every_server_serves_the_same_list_and_none_is_older_than_a_moment(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let other = world.reopen().await.unwrap();
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let place = place(&world, &issued).await;
    let (before, _) = list(&world, &other, &place.uri).await;
    let tag_before = published(&other, &place.uri).await.entity_tag;
    revoke(&world, &ada, &issued).await;
    world.clock.advance(A_MOMENT);
    for service in [&world.service, &other] {
        let (version, list) = list(&world, service, &place.uri).await;
        assert!(version > before);
        assert_eq!(list.is_revoked(place.index), Some(true));
    }
    let tags = [
        published(&world.service, &place.uri).await.entity_tag,
        published(&other, &place.uri).await.entity_tag,
    ];
    assert_eq!(tags[0], tags[1]);
    assert_ne!(tags[0], tag_before);
    // What changes no place makes nobody fetch a list again.
    world.add_user("bob").await;
    world.clock.advance(A_MOMENT);
    let later = published(&other, &place.uri).await;
    assert!(later.is_said_by(&tags[0]) && !later.is_said_by(&tag_before));
}

/// A server that starts reads the log from its end; one that runs has followed it: a verifier may ask now the one, now
/// the other.
#[on_every_database]
async fn a_server_that_started_just_now_says_what_the_others_say(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let uri = place(&world, &issued).await.uri;
    published(&world.service, &uri).await;
    for name in ["bob", "eve"] {
        world.add_user(name).await;
    }
    let started = world.reopen().await.unwrap();
    world.clock.advance(A_MOMENT);
    let of_started = published(&started, &uri).await;
    let of_running = published(&world.service, &uri).await;
    assert!(of_running.is_said_by(&of_started.entity_tag));
    let (running, _) = list(&world, &world.service, &uri).await;
    let (started, _) = list(&world, &started, &uri).await;
    assert_eq!(running, started);
}

/// Whoever can only write to the database keeps no revocation from happening, or from being told.
#[on_every_database]
async fn a_removed_altered_or_cleared_place_does_not_stand_in_the_way(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let mut places = Vec::new();
    for name in ["removed", "altered", "cleared"] {
        let issued = world.create(&ada, name, DAY).await.unwrap();
        places.push((place(&world, &issued).await, issued));
    }
    let index = |number: usize| places[number].0.index;
    for statement in [
        format!("DELETE FROM status_places WHERE place = {}", index(0)),
        format!(
            "UPDATE status_places SET free_at = 1 WHERE place = {}",
            index(1)
        ),
    ] {
        database.execute(&statement).await;
    }
    for (_, issued) in &places {
        revoke(&world, &ada, issued).await;
    }
    let cleared = format!(
        "UPDATE status_places SET revoked = false WHERE place = {}",
        index(2)
    );
    database.execute(&cleared).await;
    world.clock.advance(A_MOMENT);
    let started = world.reopen().await.unwrap();
    for service in [&world.service, &started] {
        for (place, issued) in &places {
            let (_, list) = list(&world, service, &place.uri).await;
            let name = &issued.token.name;
            assert_eq!(list.is_revoked(place.index), Some(true), "{name}");
        }
    }
    // A place that fails its tag is nobody's to give.
    assert!(world.create(&ada, "next", DAY).await.is_ok());
}

#[on_every_database]
async fn disabling_reaches_what_a_token_was_exchanged_for_in_its_last_moments(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let short = world
        .create(&ada, "short", Duration::from_secs(10))
        .await
        .unwrap();
    let place = place(&world, &short).await;
    world.clock.advance(Duration::from_secs(12));
    let _ = world.service.operator().disable_user("ada").await.unwrap();
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &place).await);
}

/// The service's own check says what the list says.
#[on_every_database(each = ["revoked_at = 1", "expires_at = 1"])]
async fn disabling_reaches_a_token_that_was_altered_to_look_ended(
    database: &TestDatabase,
    alter: &str,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let place = place(&world, &issued).await;
    database
        .execute(&format!("UPDATE tokens SET {alter}"))
        .await;
    let operator = world.service.operator();
    let _ = operator.disable_user("ada").await.unwrap();
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &place).await, "{alter}");
}

#[on_every_database]
async fn a_token_of_before_its_owner_was_disabled_does_not_come_back(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = world.exchange(&issued.secret).await.unwrap().token;
    assert!(world.service.identity(before.expose_secret()).await.is_ok());
    let operator = world.service.operator();
    let _ = operator.disable_user("ada").await.unwrap();
    let _ = operator.enable_user("ada").await.unwrap();
    let after = world.exchange(&issued.secret).await.unwrap().token;
    assert!(
        world
            .service
            .identity(before.expose_secret())
            .await
            .is_err()
    );
    assert!(world.service.identity(after.expose_secret()).await.is_ok());
}

#[on_every_database]
async fn a_list_is_signed_anew_before_it_ends_and_by_the_key_that_signs_now(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let uri = format!("{ISSUER}/status-lists/0");
    let first = published(&world.service, &uri).await;
    world.clock.advance(Duration::from_mins(5));
    let second = published(&world.service, &uri).await;
    assert_ne!(first.entity_tag, second.entity_tag);
    let _ = world
        .service
        .operator()
        .rotate_keys(ats_pat_service::Rotation::Compromised)
        .await
        .unwrap();
    world.clock.advance(A_MOMENT);
    // Verified with the published keys, of which the old one is none any more.
    list(&world, &world.service, &uri).await;
    assert_ne!(
        published(&world.service, &uri).await.entity_tag,
        second.entity_tag
    );
}

#[on_every_database]
async fn there_is_one_list_and_no_other(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let addresses = world.service.status_list_addresses().await.unwrap();
    assert_eq!(addresses, [format!("{ISSUER}/status-lists/0")]);
    for name in ["1", "", "00", "0/", "../0"] {
        assert!(
            world.service.status_list(name).await.unwrap().is_none(),
            "{name}"
        );
    }
}

/// Following the log comes to what reading the rows comes to, whatever happens in which order.
#[on_every_database]
async fn following_and_loading_come_to_the_same(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    for name in ["ada", "bob"] {
        world.add_user(name).await;
    }
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut pick = |below: u32| rand_below(&mut random, below);
    let mut issued: Vec<(usize, IssuedToken)> = Vec::new();
    let uri = format!("{ISSUER}/status-lists/0");
    let operator = world.service.operator();
    for step in 0..60_u32 {
        let who = pick(2) as usize;
        let name = ["ada", "bob"][who];
        match pick(6) {
            0 | 1 => {
                if let Some(by) = may_sign_in(&world, name).await {
                    let lifetime = Duration::from_mins(u64::from(1 + pick(200)));
                    let made = world.create(&by, &format!("t{step}"), lifetime).await;
                    issued.push((who, made.unwrap()));
                }
            }
            2 | 3 if !issued.is_empty() => {
                let chosen = pick(u32::try_from(issued.len()).unwrap()) as usize;
                let owner = issued[chosen].0;
                let id = issued[chosen].1.token.id.to_string();
                if let Some(by) = may_sign_in(&world, ["ada", "bob"][owner]).await {
                    if step % 2 == 0 {
                        let _ = world.service.revoke_token(&by, &id).await.unwrap();
                    } else if let Ok(made) = world
                        .service
                        .regenerate_token(&by, &id, Regeneration::default())
                        .await
                    {
                        issued[chosen].1 = made;
                    }
                }
            }
            4 => {
                let _ = operator.disable_user(name).await.unwrap();
                if pick(2) == 0 {
                    let _ = operator.enable_user(name).await.unwrap();
                }
            }
            _ => {
                let _ = operator.enable_user(name).await.unwrap();
                for (_, token) in &issued {
                    let _ = world.exchange(&token.secret).await;
                }
            }
        }
        world
            .clock
            .advance(Duration::from_secs(u64::from(pick(900))) + A_MOMENT);
        let (version, followed) = list(&world, &world.service, &uri).await;
        let anew = world.reopen().await.unwrap();
        let (loaded_version, loaded) = list(&world, &anew, &uri).await;
        assert!(followed == loaded, "step {step}");
        assert!(loaded_version >= version, "step {step}");
    }
    assert!(operator.verify_audit().await.unwrap().findings.is_empty());
}

async fn may_sign_in(world: &World, name: &str) -> Option<SignedIn> {
    let password = ats_pat_test_support::world::PASSWORD.into();
    let address = ats_pat_test_support::world::ADDRESS;
    let result = world.service.sign_in(name, &password, address).await.ok()?;
    let id = result.session_id.expose_secret();
    world.service.authenticate(id).await.ok()
}

fn rand_below(random: &mut TestRng, below: u32) -> u32 {
    use proptest::prelude::Rng as _;
    random.next_u32() % below
}

#[on_every_server(flavor = "multi_thread")]
async fn while_the_database_hangs_a_list_is_served_with_its_age_for_half_a_minute(
    database: &TestDatabase,
) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let world = World::new(&url).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let uri = place(&world, &issued).await.uri;
    let known = published(&world.service, &uri).await;
    let keys = world.service.published_keys().await.unwrap();
    assert_eq!((known.age, keys.age), (Duration::ZERO, Duration::ZERO));

    proxy.arm(Fault::Silent);
    for (passes, age) in [(1, 1), (29, 30)] {
        world.clock.advance(Duration::from_secs(passes));
        let remembered = published(&world.service, &uri).await;
        assert_eq!(remembered.age, Duration::from_secs(age));
        assert_eq!(remembered.text, known.text);
    }
    // Who trusts a list for no longer than half a minute must not be told that it still is the current one.
    world.clock.advance(Duration::from_millis(1));
    assert!(world.service.status_list("0").await.is_err());
    let keys = world.service.published_keys().await.unwrap();
    assert!(keys.age >= Duration::from_secs(30), "{:?}", keys.age);

    proxy.arm(Fault::None);
    while world.service.status_list("0").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(published(&world.service, &uri).await.age, Duration::ZERO);
}

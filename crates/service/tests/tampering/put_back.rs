//! Older rows, put back whole with their genuine tags: they grant nothing, no later change launders them, and
//! `audit verify` tells of them. On every database.

use std::time::Duration;

use ats_pat_service::{
    Acting, Owner, PasswordChange, Regeneration, Rotation, Service, TokenUpdate,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{Scene, assert_found, scene};

/// Every table with rows that grant something, those that others refer to first.
const TABLES: [&str; 10] = [
    "users",
    "sessions",
    "tokens",
    "secrets",
    "status_places",
    "token_usage",
    "signing_keys",
    "key_ring",
    "setup_link",
    "policy",
];

/// What an attacker copies who can read the database.
pub async fn copy(database: &TestDatabase) {
    for table in TABLES {
        let copy = format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}");
        database.execute(&copy).await;
    }
}

/// What an attacker does who can write to the database: all rows are as they were when they were copied. The event log is
/// as it is.
pub async fn put_back(database: &TestDatabase) {
    for table in TABLES.iter().rev() {
        database.execute(&format!("DELETE FROM {table}")).await;
    }
    for table in TABLES {
        let back = format!("INSERT INTO {table} SELECT * FROM kept_{table}");
        database.execute(&back).await;
    }
}

/// The running service, one that was started again, and one that was started without its checkpoint.
pub async fn services(world: &World) -> [Service; 3] {
    world.service.flush().await;
    let again = world.reopen().await.unwrap();
    again.flush().await;
    std::fs::remove_file(world.folder().join("checkpoint")).unwrap();
    [world.service.clone(), again, world.reopen().await.unwrap()]
}

pub async fn exchange(service: &Service, secret: &SecretString) -> u32 {
    let secret = secret.expose_secret().as_bytes();
    code(service.exchange(&[secret], ADDRESS).await)
}

async fn sign_in(service: &Service, password: &str) -> u32 {
    code(service.sign_in("ada", &password.into(), ADDRESS).await)
}

/// Two kinds of changes that a person could make of a row that was put back: neither is made.
async fn assert_nothing_is_laundered(scene: &Scene, table: &str) {
    let Scene { world, ada, issued } = scene;
    let put_back = format!("of {table} is an older one, put back");
    assert_found(world, &put_back).await;
    let id = issued.token.id.to_string();
    let anew = world
        .service
        .regenerate_token(ada, &id, Regeneration::default());
    assert_ne!(code(anew.await), 1);
    let change = PasswordChange {
        current: PASSWORD.into(),
        new: "orbit-of-velvet-plums-7".into(),
        revoke_tokens: false,
    };
    let changed = world.service.change_password(ada, change, ADDRESS);
    if table == "users" {
        assert_ne!(code(changed.await), 1);
    }
    world.add_user("grace").await;
    assert_found(world, &put_back).await;
}

#[on_every_database]
async fn a_revoked_token_stays_revoked(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, issued } = &scene;
    let id = issued.token.id.to_string();
    copy(database).await;
    assert_eq!(code(world.service.revoke_token(ada, &id).await), 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
    assert_nothing_is_laundered(&scene, "tokens").await;
    // Taking away never fails.
    assert_eq!(code(world.service.revoke_token(ada, &id).await), 1);
    assert_ne!(exchange(&world.service, &issued.secret).await, 1);
    assert_found(world, "of tokens was planted or altered, and was ended").await;
}

#[on_every_database]
async fn a_replaced_secret_stays_replaced(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, issued } = &scene;
    let id = issued.token.id.to_string();
    copy(database).await;
    let anew = world
        .service
        .regenerate_token(ada, &id, Regeneration::default());
    assert_eq!(code(anew.await), 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
    assert_nothing_is_laundered(&scene, "tokens").await;
}

#[on_every_database]
async fn a_shortened_expiry_stays_shortened(database: &TestDatabase) {
    stays_shortened(&scene(database).await, database, DAY / 2).await;
}

#[on_every_database]
async fn an_expiry_so_near_that_the_secret_got_another_place_stays_shortened(
    database: &TestDatabase,
) {
    let scene = scene(database).await;
    let before = scene.world.exchange(&scene.issued.secret).await;
    let before = before.unwrap().token;
    stays_shortened(&scene, database, DAY / 48).await;
    for service in services(&scene.world).await {
        let identity = service.identity(before.expose_secret()).await;
        assert_ne!(code(identity), 1);
    }
    assert_found(&scene.world, "of secrets is an older one, put back").await;
}

async fn stays_shortened(scene: &Scene, database: &TestDatabase, left: Duration) {
    let Scene { world, ada, issued } = scene;
    let id = issued.token.id.to_string();
    copy(database).await;
    let earlier = TokenUpdate {
        expires_at: Some(world.now().after(left).to_string()),
        ..TokenUpdate::default()
    };
    let shortened = world.service.update_token(ada, &id, earlier.clone());
    assert_eq!(code(shortened.await), 1);
    assert_eq!(exchange(&world.service, &issued.secret).await, 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
    assert_nothing_is_laundered(scene, "tokens").await;
    // Neither does an edit.
    let description = TokenUpdate {
        description: Some("as before".to_owned()),
        ..TokenUpdate::default()
    };
    for asked in [earlier, description] {
        let edited = world.service.update_token(ada, &id, asked).await;
        assert_ne!(code(edited), 1);
    }
    assert_found(world, "of tokens is an older one, put back").await;
}

#[on_every_database]
async fn an_ended_session_stays_ended(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = signed_in.session_id.expose_secret();
    let by = world.service.authenticate(id).await.unwrap();
    copy(database).await;
    assert_eq!(code(world.service.sign_out(Some(id)).await), 1);
    put_back(database).await;
    for service in services(&world).await {
        assert_eq!(code(service.authenticate(id).await), 1100);
    }
    // Nor does a change go by it that began while it held.
    assert_eq!(code(world.create(&by, "another", DAY).await), 1100);
    assert_found(&world, "of sessions was removed once, and put back").await;
}

#[on_every_database]
async fn a_session_from_before_its_confirmation_stays_ended(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = signed_in.session_id.expose_secret();
    let by = world.service.authenticate(id).await.unwrap();
    copy(database).await;
    let confirmed = world
        .service
        .confirm_session(&by, &PASSWORD.into(), ADDRESS)
        .await;
    assert_eq!(code(confirmed), 1);
    put_back(database).await;
    for service in services(&world).await {
        assert_eq!(code(service.authenticate(id).await), 1100);
    }
    assert_eq!(code(world.create(&by, "another", DAY).await), 1100);
    assert_found(&world, "of sessions was removed once, and put back").await;
}

#[on_every_database]
async fn a_disabled_user_stays_disabled(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, issued, .. } = &scene;
    copy(database).await;
    assert_eq!(code(world.service.operator().disable_user("ada").await), 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchange(&service, &issued.secret).await, 1);
        assert_ne!(sign_in(&service, PASSWORD).await, 1);
    }
    assert_nothing_is_laundered(&scene, "users").await;
    assert_eq!(code(world.service.operator().disable_user("ada").await), 1);
    assert_ne!(code(world.service.operator().enable_user("ada").await), 1);
    assert_found(world, "of users was planted or altered, and was ended").await;
}

#[on_every_database]
async fn a_changed_password_stays_changed(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, .. } = &scene;
    let new = "orbit-of-velvet-plums-7";
    copy(database).await;
    let set = world.service.operator();
    assert_eq!(code(set.set_password("ada", &new.into(), false).await), 1);
    assert_eq!(sign_in(&world.service, new).await, 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(sign_in(&service, PASSWORD).await, 1);
    }
    assert_nothing_is_laundered(&scene, "users").await;
}

#[on_every_database]
async fn a_destroyed_signing_key_stays_destroyed(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let destroyed = world.service.jwks().await.unwrap().keys()[0]
        .kid()
        .to_owned();
    copy(database).await;
    let rotate = world.service.operator();
    assert_eq!(code(rotate.rotate_keys(Rotation::Compromised).await), 1);
    let now = "CREATE TABLE now_keys AS SELECT * FROM signing_keys";
    database.execute(now).await;
    put_back(database).await;
    let beside = "INSERT INTO signing_keys SELECT * FROM now_keys \
            WHERE kid NOT IN (SELECT kid FROM kept_signing_keys)";
    database.execute(beside).await;
    let bump = "UPDATE key_ring SET version = version + 9";
    database.execute(bump).await;
    for service in services(&world).await {
        let published = service.jwks().await.unwrap();
        let kids: Vec<_> = published
            .keys()
            .iter()
            .map(ats_pat_token::Jwk::kid)
            .collect();
        assert!(!kids.contains(&&*destroyed), "{kids:?}");
        assert_eq!(kids.len(), 1);
    }
    assert_found(&world, "of signing_keys is an older one, put back").await;
}

#[on_every_database]
async fn a_used_set_up_link_stays_used(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let link = world.service.make_setup_link().await.unwrap().unwrap();
    copy(database).await;
    let set_up = async |service: &Service, name: &str| {
        let link = link.expose_secret();
        let password = PASSWORD.into();
        let done = service.set_up(link, name, &password, ADDRESS).await;
        done.is_ok()
    };
    assert!(set_up(&world.service, "root").await);
    let back = "INSERT INTO setup_link SELECT * FROM kept_setup_link";
    database.execute(back).await;
    let nobody = "UPDATE users SET is_admin = (1 = 0)";
    database.execute(nobody).await;
    for (service, name) in services(&world).await.iter().zip(["one", "two", "three"]) {
        assert!(!set_up(service, name).await, "{name}");
    }
    assert_found(&world, "of setup_link was removed once, and put back").await;
}

#[on_every_database]
async fn what_disabling_took_from_a_secret_does_not_come_back(database: &TestDatabase) {
    let Scene { world, issued, .. } = scene(database).await;
    let before = world.exchange(&issued.secret).await.unwrap();
    let bearer = before.token.expose_secret();
    assert_eq!(code(world.service.identity(bearer).await), 1);
    copy(database).await;
    let operator = world.service.operator();
    assert_eq!(code(operator.disable_user("ada").await), 1);
    assert_eq!(code(operator.enable_user("ada").await), 1);
    let older = "DELETE FROM secrets";
    database.execute(older).await;
    let back = "INSERT INTO secrets SELECT * FROM kept_secrets";
    database.execute(back).await;
    for service in services(&world).await {
        assert_ne!(code(service.identity(bearer).await), 1);
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
    assert_found(&world, "of secrets is an older one, put back").await;
}

#[on_every_database]
async fn a_session_that_was_not_seen_for_long_ends_whatever_the_row_says(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let ada = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = ada.session_id.expose_secret();
    let idle = world.settings.session_idle;
    world.clock.advance(idle * 3 / 4);
    assert_eq!(code(world.service.authenticate(id).await), 1);
    // It was seen, so it holds on; who writes that it was seen later gains nothing.
    world.clock.advance(idle * 3 / 4);
    assert_eq!(code(world.service.authenticate(id).await), 1);
    let later = world.now().after(idle).as_millis();
    let forge = format!("UPDATE sessions SET last_seen_at = {later}");
    database.execute(&forge).await;
    assert_eq!(code(world.service.authenticate(id).await), 1100);
}

#[on_every_database]
async fn a_log_whose_last_event_was_removed_grants_nothing_elsewhere(database: &TestDatabase) {
    let Scene { world, ada, issued } = scene(database).await;
    let elsewhere = world.reopen().await.unwrap();
    assert_eq!(exchange(&elsewhere, &issued.secret).await, 1);
    let another = world.create(&ada, "another", DAY).await.unwrap();
    copy(database).await;
    let id = another.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    put_back(database).await;
    let last = "DELETE FROM events WHERE seq = (SELECT seq FROM event_head)";
    database.execute(last).await;
    assert_ne!(exchange(&elsewhere, &another.secret).await, 1);
}

#[on_every_database]
async fn a_checkpoint_that_nobody_with_the_keys_wrote_is_not_gone_by(database: &TestDatabase) {
    let Scene { world, ada, issued } = scene(database).await;
    let file = world.folder().join("checkpoint");
    world.service.flush().await;
    let older = std::fs::read(&file).unwrap();
    copy(database).await;
    let id = issued.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    put_back(database).await;
    world.service.flush().await;
    let newest = std::fs::read(&file).unwrap();
    let mut altered = newest.clone();
    // The number of the last event that it knows.
    altered[1] = altered[1].wrapping_add(1);
    for checkpoint in [
        older,
        altered,
        newest[..newest.len() - 16].to_vec(),
        Vec::new(),
    ] {
        std::fs::write(&file, checkpoint).unwrap();
        let service = world.reopen().await.unwrap();
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
}

#[on_every_database]
async fn a_session_that_was_hidden_while_the_password_changed_is_over(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = signed_in.session_id.expose_secret();
    copy(database).await;
    database.execute("DELETE FROM sessions").await;
    let set = world.service.operator();
    let new = "orbit-of-velvet-plums-7".into();
    assert_eq!(code(set.set_password("ada", &new, false).await), 1);
    let back = "INSERT INTO sessions SELECT * FROM kept_sessions";
    database.execute(back).await;
    for service in services(&world).await {
        assert_eq!(code(service.authenticate(id).await), 1100);
    }
}

#[on_every_database]
async fn a_start_goes_by_the_checkpoint_in_the_database_where_the_data_folder_has_none(
    database: &TestDatabase,
) {
    let Scene { world, ada, issued } = scene(database).await;
    let another = world.create(&ada, "another", DAY).await.unwrap();
    copy(database).await;
    let id = issued.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    put_back(database).await;
    world.service.flush().await;
    let file = world.folder().join("checkpoint");
    let checkpoint = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let seq = world.store.events().head().await.unwrap().seq;
    let parts: Vec<&[u8]> = checkpoint.chunks(50).collect();
    world.store.keep_checkpoint(seq, &parts).await.unwrap();
    // Without it the log would have to be read from here on, and could not be.
    let spoil = database.bytes_literal(b"{}");
    let spoil = format!("UPDATE events SET details = {spoil} WHERE seq = 2");
    database.execute(&spoil).await;
    let service = world.reopen().await.unwrap();
    assert_eq!(exchange(&service, &another.secret).await, 1);
    assert_ne!(exchange(&service, &issued.secret).await, 1);
}

#[on_every_database]
async fn a_former_responsible_person_stays_without_the_accounts_tokens(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, .. } = &scene;
    let grace = world.signed_in("grace").await;
    let account = world.add_service_account("deploy", "ada").await;
    let as_ada = Acting::on(ada, Owner::ServiceAccount(account.id));
    let as_grace = Acting::on(&grace, Owner::ServiceAccount(account.id));
    let issued = world.create(as_ada, "deploy", DAY).await.unwrap();
    copy(database).await;
    let operator = world.service.operator();
    operator.set_responsible("deploy", "grace").await.unwrap();
    put_back(database).await;
    for service in services(world).await {
        for acting in [as_ada, as_grace] {
            let id = issued.token.id.to_string();
            let anew = service.regenerate_token(acting, &id, Regeneration::default());
            assert_eq!(code(anew.await), 1310);
            assert_eq!(code(service.token(acting, &id).await), 1310);
            let new = world.new_token("another", DAY);
            assert_eq!(code(service.create_token(acting, new).await), 1310);
        }
        assert_eq!(service.service_accounts(ada).await.unwrap(), []);
        let new = world.new_token("another", DAY);
        let made = service.operator().create_token("deploy", new).await;
        assert_ne!(code(made), 1);
    }
    assert_found(world, "of users is an older one, put back").await;
}

#[on_every_database]
async fn a_planted_responsible_person_gets_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, .. } = &scene;
    world.add_user("grace").await;
    let account = world.add_service_account("deploy", "grace").await;
    let plant = "UPDATE users SET responsible_id = (SELECT id FROM (SELECT id FROM users WHERE name = 'ada') AS u) WHERE name = 'deploy'";
    database.execute(plant).await;
    for service in services(world).await {
        let acting = Acting::on(ada, Owner::ServiceAccount(account.id));
        let new = world.new_token("planted", DAY);
        assert_eq!(code(service.create_token(acting, new).await), 1310);
        assert_eq!(service.service_accounts(ada).await.unwrap(), []);
    }
    assert_found(world, "of users was planted or altered").await;
}

#[on_every_database]
async fn a_user_who_was_put_back_into_former_groups_gets_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, issued, .. } = &scene;
    let operator = world.service.operator();
    let builders = ["corp/builders".to_owned()];
    operator.set_groups("ada", &builders).await.unwrap();
    assert_eq!(exchange(&world.service, &issued.secret).await, 1);
    copy(database).await;
    operator.set_groups("ada", &[]).await.unwrap();
    assert_eq!(exchange(&world.service, &issued.secret).await, 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
    let add = operator.set_groups("ada", &builders).await;
    assert_ne!(code(add), 1);
    assert_found(world, "of users is an older one, put back").await;
}

#[on_every_database]
async fn a_planted_group_is_no_group(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, issued, .. } = &scene;
    let plant = "UPDATE users SET member_of = 'corp/builders' WHERE name = 'ada'";
    database.execute(plant).await;
    for service in services(world).await {
        assert_ne!(exchange(&service, &issued.secret).await, 1);
    }
    assert_found(world, "of users was planted or altered").await;
}

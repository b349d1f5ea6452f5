//! Keys, and secrets in clear text.

use std::time::Duration;

use ats_pat_auth::MasterKeys;
use ats_pat_service::{OpenError, Rotation};
use ats_pat_test_support::world::{ADDRESS, PASSWORD, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::scene::{Scene, assert_found, scene};

#[on_every_database(each = [
    "active_from = active_from + 1",
    "retired_at = 9999999999999",
    "created_at = created_at + 1",
    "algorithm = 'none'",
])]
async fn an_edited_signing_key_stops_the_start_and_is_found(database: &TestDatabase, edit: &str) {
    let scene = scene(database).await;
    database
        .execute(&format!("UPDATE signing_keys SET {edit}"))
        .await;
    assert_found(&scene.world, "of signing_keys was planted or altered").await;
    let stopped = scene.world.reopen().await;
    assert!(matches!(stopped, Err(OpenError::KeyAltered(_))), "{edit}");
}

#[on_every_database(each = [
    "UPDATE signing_keys SET sealed = (SELECT sealed FROM root_keys)",
    "UPDATE root_keys SET sealed = (SELECT sealed FROM signing_keys)",
])]
async fn a_swapped_sealed_key_or_root_stops_the_start(database: &TestDatabase, swap: &str) {
    let scene = scene(database).await;
    database.execute(swap).await;
    assert!(matches!(
        scene.world.reopen().await,
        Err(OpenError::KeyAltered(_))
    ));
}

#[on_every_database]
async fn keys_are_made_in_a_new_database_only(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    world.service.flush().await;
    database.execute("DELETE FROM signing_keys").await;
    database.execute("DELETE FROM root_keys").await;
    assert!(matches!(
        world.reopen().await,
        Err(OpenError::BehindAnchor { .. })
    ));
    std::fs::remove_file(world.folder().join("anchor")).unwrap();
    assert!(matches!(
        world.reopen().await,
        Err(OpenError::EventLogAltered)
    ));
    assert_eq!(database.number("SELECT count(*) FROM root_keys").await, 0);
}

#[on_every_database]
async fn an_altered_version_of_the_ring_is_noticed(database: &TestDatabase) {
    let Scene { world, issued, .. } = scene(database).await;
    let other = world.reopen().await.unwrap();
    let presented = [issued.secret.expose_secret().as_bytes()];
    let kid = |token: &secrecy::SecretString| {
        let token = token.expose_secret();
        ats_pat_token::Unverified::parse(token)
            .unwrap()
            .kid()
            .to_owned()
    };
    world.clock.advance(Duration::from_secs(1));
    let keys = world
        .service
        .operator()
        .rotate_keys(Rotation::Compromised)
        .await;
    let keys = keys.unwrap();
    assert_eq!(
        keys.iter().map(|key| key.state).collect::<Vec<_>>(),
        ["Destroyed", "Active"]
    );
    assert_eq!(world.service.jwks().await.unwrap().keys().len(), 1);
    database.execute("UPDATE key_ring SET version = 0").await;
    let exchanged = other.exchange(&presented, ADDRESS).await.unwrap();
    assert_eq!(kid(&exchanged.token), keys[1].kid);
}

#[on_every_database]
async fn a_wrong_master_key_stops_the_start_and_a_new_one_changes_no_hash(database: &TestDatabase) {
    let Scene { world, issued, .. } = scene(database).await;
    let file = world.folder().join("master.key");
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(
        matches!(world.reopen().await, Err(OpenError::Auth(_))),
        "a missing file is not created again"
    );
    assert!(!file.exists());
    MasterKeys::create(&file, [7; 32]).unwrap();
    let new = std::fs::read_to_string(&file).unwrap();
    assert!(matches!(
        world.reopen().await,
        Err(OpenError::WrongMasterKey { .. })
    ));
    // The new key on the first line, the old one on the second.
    std::fs::write(&file, format!("{new}\n{old}")).unwrap();
    let server = world.reopen().await.unwrap();
    server.seal_anew().await.unwrap();
    std::fs::write(&file, &new).unwrap();
    // A server with only the old file goes on signing, until a key is made with the new one.
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    assert_eq!(world.service.jwks().await.unwrap().keys().len(), 1);
    let service = world
        .reopen()
        .await
        .expect("everything is sealed with the new key");
    assert_eq!(exchanged(&service, &issued.secret).await, 1);
    assert_eq!(
        service.operator().verify_audit().await.unwrap().findings,
        Vec::<String>::new()
    );
}

#[on_every_database]
async fn a_master_key_that_changed_at_one_server_is_noticed_by_the_others_at_once(
    database: &TestDatabase,
) {
    let Scene { world, issued, .. } = scene(database).await;
    let follower = world.service.clone();
    let feed = tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
    let told = async || {
        let checks = world.service.health().await;
        let check = checks.into_iter().find(|check| check.name == "signing-key");
        check.unwrap()
    };
    assert_eq!(told().await.message, "is active");
    let file = world.folder().join("master.key");
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    MasterKeys::create(&file, [7; 32]).unwrap();
    let new = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{new}\n{old}")).unwrap();
    let other = world.reopen().await.unwrap();
    other.seal_anew().await.unwrap();
    let noticed = tokio::time::timeout(Duration::from_secs(5), async {
        while !told().await.message.contains("does not hold") {
            tokio::task::yield_now().await;
        }
    });
    noticed
        .await
        .expect("the server reads what the other one sealed");
    // Callers notice nothing, because the key was opened before.
    assert!(told().await.healthy);
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    feed.abort();
}

#[tokio::test]
async fn the_database_holds_no_secret_in_clear() {
    let database = ats_pat_test_support::sqlite();
    let Scene { world, issued, .. } = scene(&database).await;
    let session = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap()
        .session_id;
    let code = world.service.make_setup_link().await.unwrap().unwrap();
    world.service.flush().await;
    let folder = database.folder().unwrap();
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!files.is_empty());
    let master = std::fs::read_to_string(world.folder().join("master.key")).unwrap();
    let master = master.lines().find(|line| !line.starts_with('#')).unwrap();
    let secrets = [
        issued.secret.expose_secret(),
        session.expose_secret(),
        code.expose_secret(),
        PASSWORD,
        master,
    ];
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "a secret is in {}", file.display());
        }
    }
}

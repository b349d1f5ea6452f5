//! Whoever can only write to the database gets nothing: what was planted or altered is refused, and
//! `audit verify` finds it. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use ats_pat_auth::MasterKeys;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{OpenError, RestoreChoice, Service, SignedIn};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

struct Scene {
    world: World,
    ada: SignedIn,
    issued: IssuedToken,
}

async fn scene(database: &TestDatabase) -> Scene {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    assert_eq!(
        findings(&world).await,
        Vec::<String>::new(),
        "nothing was altered yet"
    );
    Scene { world, ada, issued }
}

async fn findings(world: &World) -> Vec<String> {
    world
        .service
        .operator()
        .verify_audit()
        .await
        .unwrap()
        .findings
}

async fn assert_found(world: &World, expected: &str) {
    let findings = findings(world).await;
    assert!(
        findings.iter().any(|finding| finding.contains(expected)),
        "no `{expected}` in {findings:?}"
    );
}

#[tokio::test]
async fn an_edited_token_is_refused_and_found() {
    for edit in [
        "expires_at = expires_at + 1",
        "scopes = 'orders:write'",
        "allowed_networks = '0.0.0.0/0'",
        "generation = generation + 1",
        "created_at = created_at - 1",
        "revoked_at = 1",
        "regenerated_at = 1",
    ] {
        on_every_database(|database| async move {
            let scene = scene(&database).await;
            database.execute(&format!("UPDATE tokens SET {edit}")).await;
            assert_eq!(
                code(scene.world.exchange(&scene.issued.secret).await),
                1201,
                "{edit}"
            );
            assert_found(&scene.world, "of tokens was planted or altered").await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_given_to_another_owner_is_refused() {
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        let eve = scene.world.signed_in("eve").await;
        database
            .execute(&format!(
                "UPDATE tokens SET owner_id = {}",
                database.uuid_literal(&eve.user().id.to_string())
            ))
            .await;
        assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1201);
        let id = scene.issued.token.id.to_string();
        assert_eq!(
            code(
                scene
                    .world
                    .service
                    .regenerate_token(&eve, &id, ats_pat_service::Regeneration::default())
                    .await
            ),
            1500
        );
        assert_eq!(
            code(scene.world.service.revoke_token(&scene.ada, &id).await),
            1300
        );
        assert_found(&scene.world, "of tokens was planted or altered").await;
    })
    .await;
}

#[tokio::test]
async fn a_replaced_secret_put_back_is_refused_and_found() {
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        let id = scene.issued.token.id.to_string();
        database
            .execute("CREATE TABLE kept AS SELECT * FROM secrets")
            .await;
        database
            .execute("CREATE TABLE kept_tokens AS SELECT * FROM tokens")
            .await;
        let second = scene
            .world
            .service
            .regenerate_token(&scene.ada, &id, ats_pat_service::Regeneration::default())
            .await
            .unwrap()
            .into_value();
        // The old row with its genuine tag, in the place of the new one.
        database.execute("DELETE FROM secrets").await;
        database
            .execute("INSERT INTO secrets SELECT * FROM kept")
            .await;
        assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1201);
        assert_eq!(code(scene.world.exchange(&second.secret).await), 1201);
        assert_found(&scene.world, "of secrets is an older one, put back").await;
        assert_found(&scene.world, "of secrets was removed").await;
        for table in ["kept", "kept_tokens"] {
            database.execute(&format!("DROP TABLE {table}")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn edited_secrets_and_users_are_refused_and_found() {
    for (table, edit, expected) in [
        ("secrets", "slot = 2", "of secrets was planted or altered"),
        (
            "secrets",
            "generation = 7",
            "of secrets was planted or altered",
        ),
        (
            "secrets",
            "valid_until = 9999999999999",
            "of secrets was planted or altered",
        ),
        ("users", "name = 'eve'", "of users was planted or altered"),
        (
            "users",
            "password_hash = NULL",
            "of users was planted or altered",
        ),
        (
            "users",
            "kind = 'service'",
            "of users was planted or altered",
        ),
    ] {
        on_every_database(|database| async move {
            let scene = scene(&database).await;
            database
                .execute(&format!("UPDATE {table} SET {edit}"))
                .await;
            assert_eq!(
                code(scene.world.exchange(&scene.issued.secret).await),
                1201,
                "{table} {edit}"
            );
            assert_found(&scene.world, expected).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_disabled_user_is_not_enabled_and_nobody_is_made_administrator_by_a_write() {
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        database
            .execute("UPDATE users SET is_admin = NOT is_admin")
            .await;
        assert!(
            scene
                .world
                .service
                .make_setup_link()
                .await
                .unwrap()
                .is_some(),
            "a planted administrator is none"
        );
        assert_eq!(
            code(
                scene
                    .world
                    .service
                    .sign_in("ada", &PASSWORD.into(), ADDRESS)
                    .await
            ),
            1101
        );
        assert_found(&scene.world, "of users was planted or altered").await;
    })
    .await;
}

#[tokio::test]
async fn an_edited_session_does_not_hold() {
    for edit in [
        "ends_at = ends_at + 86400000",
        "created_at = created_at + 1",
    ] {
        on_every_database(|database| async move {
            let world = World::new(database.url()).await;
            world.add_user("ada").await;
            let session = world
                .service
                .sign_in("ada", &PASSWORD.into(), ADDRESS)
                .await
                .unwrap()
                .session_id;
            let session = secrecy::ExposeSecret::expose_secret(&session).to_owned();
            assert_eq!(code(world.service.authenticate(&session).await), 1);
            database
                .execute(&format!("UPDATE sessions SET {edit}"))
                .await;
            assert_eq!(
                code(world.service.authenticate(&session).await),
                1100,
                "{edit}"
            );
            assert_found(&world, "of sessions was planted or altered").await;
        })
        .await;
    }
}

#[tokio::test]
async fn an_edited_signing_key_stops_the_start_and_is_found() {
    for edit in [
        "active_from = active_from + 1",
        "retired_at = 9999999999999",
        "created_at = created_at + 1",
        "algorithm = 'none'",
    ] {
        on_every_database(|database| async move {
            let scene = scene(&database).await;
            database
                .execute(&format!("UPDATE signing_keys SET {edit}"))
                .await;
            assert_found(&scene.world, "of signing_keys was planted or altered").await;
            let stopped = scene.world.reopen().await;
            assert!(matches!(stopped, Err(OpenError::KeyAltered(_))), "{edit}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_swapped_sealed_key_or_root_stops_the_start() {
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        database
            .execute("UPDATE signing_keys SET sealed = (SELECT sealed FROM root_keys)")
            .await;
        assert!(matches!(
            scene.world.reopen().await,
            Err(OpenError::KeyAltered(_))
        ));
    })
    .await;
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        database
            .execute("UPDATE root_keys SET sealed = (SELECT sealed FROM signing_keys)")
            .await;
        assert!(matches!(
            scene.world.reopen().await,
            Err(OpenError::KeyAltered(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn an_event_changed_or_cut_from_the_middle_is_found() {
    for (statement, expected) in [
        (
            "UPDATE events SET actor = 'system' WHERE seq = 2",
            "event 2 was altered",
        ),
        (
            "UPDATE events SET at = at + 1 WHERE seq = 2",
            "event 2 was altered",
        ),
        (
            "UPDATE events SET details = personal_hash WHERE seq = 2",
            "event 2 was altered",
        ),
        (
            "DELETE FROM events WHERE seq = 2",
            "events 2 to 2 are missing",
        ),
        (
            "UPDATE event_personal SET data = salt WHERE seq = 2",
            "personal details of event 2 were altered",
        ),
    ] {
        on_every_database(|database| async move {
            let scene = scene(&database).await;
            database.execute(statement).await;
            assert_found(&scene.world, expected).await;
        })
        .await;
    }
}

#[tokio::test]
async fn personal_details_can_be_erased_without_breaking_the_chain() {
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        database.execute("DELETE FROM event_personal").await;
        assert_eq!(findings(&scene.world).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_row_that_was_removed_is_found() {
    on_every_database(|database| async move {
        let scene = scene(&database).await;
        database.execute("DELETE FROM secrets").await;
        assert_found(&scene.world, "of secrets was removed").await;
    })
    .await;
}

/// Takes the database back to before the last event, as a restored backup would.
async fn restore_to_before_the_last_event(database: &TestDatabase, head: i64) {
    database
        .execute(&format!("DELETE FROM event_personal WHERE seq = {head}"))
        .await;
    database
        .execute(&format!(
            "UPDATE event_head SET hash = (SELECT hash FROM events WHERE seq = {before}), seq = {before}",
            before = head - 1
        ))
        .await;
    database
        .execute(&format!("DELETE FROM events WHERE seq = {head}"))
        .await;
}

#[tokio::test]
async fn a_database_behind_the_anchor_stops_the_start_until_the_restore_is_accepted() {
    for choice in [RestoreChoice::Keep, RestoreChoice::RevokeAll] {
        on_every_database(|database| async move {
            let Scene { world, issued, ada } = scene(&database).await;
            // The last event is a sign-in: without its session row the tables are as before it.
            world.sign_in("ada").await;
            world.service.flush().await;
            let head = world.store.events().head().await.unwrap().seq;
            database.execute("DELETE FROM sessions").await;
            restore_to_before_the_last_event(&database, head).await;
            assert_found(&world, "events were cut off").await;
            let stopped = world.reopen().await;
            assert!(matches!(stopped, Err(OpenError::BehindAnchor { seq }) if seq == head));

            let accepted = Service::accept_restore(world.parts(), choice)
                .await
                .unwrap();
            assert_eq!(
                (accepted.given_up_seq, accepted.revoked),
                (head, u64::from(choice == RestoreChoice::RevokeAll))
            );
            let service = world.reopen().await.expect("the restore was accepted");
            let expected = if choice == RestoreChoice::Keep {
                1
            } else {
                1203
            };
            let presented = [secrecy::ExposeSecret::expose_secret(&issued.secret).as_bytes()];
            assert_eq!(code(service.exchange(&presented, ADDRESS).await), expected);
            assert_eq!(
                service.operator().verify_audit().await.unwrap().findings,
                Vec::<String>::new()
            );
            let again = Service::accept_restore(world.parts(), choice).await;
            assert!(matches!(
                again,
                Err(OpenError::Change(ats_pat_service::Error::NothingToAccept))
            ));
            drop(ada);
        })
        .await;
    }
}

#[tokio::test]
async fn another_servers_anchor_is_satisfied_by_the_accepted_restore() {
    on_every_database(|database| async move {
        let Scene { world, .. } = scene(&database).await;
        world.sign_in("ada").await;
        world.service.flush().await;
        let other_anchor = std::fs::read(world.folder().join("anchor")).unwrap();
        let head = world.store.events().head().await.unwrap().seq;
        database.execute("DELETE FROM sessions").await;
        restore_to_before_the_last_event(&database, head).await;
        Service::accept_restore(world.parts(), RestoreChoice::Keep)
            .await
            .unwrap();
        std::fs::write(world.folder().join("anchor"), other_anchor).unwrap();
        assert!(world.reopen().await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_wrong_master_key_stops_the_start_and_a_changed_one_touches_no_hash() {
    on_every_database(|database| async move {
        let Scene { world, issued, .. } = scene(&database).await;
        let file = world.folder().join("master.key");
        let old = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(
            matches!(world.reopen().await, Err(OpenError::Auth(_))),
            "a missing file is not made anew"
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
        let service = world.reopen().await.unwrap();
        std::fs::write(&file, &new).unwrap();
        drop(service);
        let service = world
            .reopen()
            .await
            .expect("everything is sealed under the new key");
        let presented = [secrecy::ExposeSecret::expose_secret(&issued.secret).as_bytes()];
        assert_eq!(code(service.exchange(&presented, ADDRESS).await), 1);
        assert_eq!(
            service.operator().verify_audit().await.unwrap().findings,
            Vec::<String>::new()
        );
    })
    .await;
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
        secrecy::ExposeSecret::expose_secret(&issued.secret),
        secrecy::ExposeSecret::expose_secret(&session),
        secrecy::ExposeSecret::expose_secret(&code),
        PASSWORD,
        master,
    ];
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in {}", file.display());
        }
    }
}

//! Whoever can only write to the database gets nothing: what was planted or altered is refused, and
//! `audit verify` finds it. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use ats_pat_auth::MasterKeys;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{OpenError, RestoreChoice, Rotation, Service, SignedIn};
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
                .is_none(),
            "who plants an administrator gets no link"
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
async fn a_log_that_goes_back_under_a_running_server_is_told_and_does_not_move_the_anchor() {
    on_every_database(|database| async move {
        let Scene { world, .. } = scene(&database).await;
        world.sign_in("ada").await;
        world.service.flush().await;
        let anchor = std::fs::read(world.folder().join("anchor")).unwrap();
        let head = world.store.events().head().await.unwrap().seq;
        restore_to_before_the_last_event(&database, head).await;
        for _ in 0..3 {
            world.sign_in("ada").await;
        }
        world.service.flush().await;
        assert_eq!(
            std::fs::read(world.folder().join("anchor")).unwrap(),
            anchor
        );
        let health = world.service.health().await;
        let log = health
            .iter()
            .find(|check| check.name == "event-log")
            .unwrap();
        assert!(!log.healthy, "{health:?}");
        let stopped = world.reopen().await;
        assert!(matches!(stopped, Err(OpenError::BehindAnchor { seq }) if seq == head));
    })
    .await;
}

#[tokio::test]
async fn an_accepted_restore_excuses_no_later_one() {
    on_every_database(|database| async move {
        let Scene { world, .. } = scene(&database).await;
        for _ in 0..5 {
            world.sign_in("ada").await;
        }
        world.service.flush().await;
        let mut head = world.store.events().head().await.unwrap().seq;
        database.execute("DELETE FROM sessions").await;
        for _ in 0..5 {
            restore_to_before_the_last_event(&database, head).await;
            head -= 1;
        }
        Service::accept_restore(world.parts(), RestoreChoice::Keep)
            .await
            .unwrap();
        let service = world.reopen().await.unwrap();
        let sign_in = async || service.sign_in("ada", &PASSWORD.into(), ADDRESS).await;
        sign_in().await.unwrap();
        sign_in().await.unwrap();
        service.flush().await;
        let head = world.store.events().head().await.unwrap().seq;
        restore_to_before_the_last_event(&database, head).await;
        let stopped = world.reopen().await;
        assert!(matches!(stopped, Err(OpenError::BehindAnchor { seq }) if seq == head));
    })
    .await;
}

#[tokio::test]
async fn keys_are_made_in_a_new_database_only() {
    on_every_database(|database| async move {
        let Scene { world, .. } = scene(&database).await;
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
    })
    .await;
}

#[tokio::test]
async fn a_user_put_under_anothers_name_is_not_taken_for_the_other() {
    on_every_database(|database| async move {
        let Scene { world, .. } = scene(&database).await;
        world.add_user("eve").await;
        // Ada's genuine row is found where eve's name is looked for.
        database
            .execute("CREATE TABLE kept AS SELECT name_key FROM users WHERE name = 'eve'")
            .await;
        let nobody = database.bytes_literal(&[9; 32]);
        database
            .execute(&format!(
                "UPDATE users SET name_key = {nobody} WHERE name = 'eve'"
            ))
            .await;
        database
            .execute("UPDATE users SET name_key = (SELECT name_key FROM kept) WHERE name = 'ada'")
            .await;
        database.execute("DROP TABLE kept").await;
        let operator = world.service.operator();
        assert_eq!(
            code(
                operator
                    .set_password("eve", &"orbit-of-velvet-plums-7".into())
                    .await
            ),
            1500
        );
        assert_eq!(code(operator.disable_user("eve").await), 1500);
        assert_eq!(
            code(
                world
                    .service
                    .sign_in("eve", &PASSWORD.into(), ADDRESS)
                    .await
            ),
            1101
        );
    })
    .await;
}

#[tokio::test]
async fn a_ring_that_is_said_to_be_older_is_read_anew() {
    on_every_database(|database| async move {
        let Scene { world, issued, .. } = scene(&database).await;
        let other = world.reopen().await.unwrap();
        let presented = [secrecy::ExposeSecret::expose_secret(&issued.secret).as_bytes()];
        let kid = |token: &secrecy::SecretString| {
            let token = secrecy::ExposeSecret::expose_secret(token);
            ats_pat_token::Unverified::parse(token)
                .unwrap()
                .kid()
                .to_owned()
        };
        world.clock.advance(std::time::Duration::from_secs(1));
        let keys = world
            .service
            .operator()
            .rotate_keys(Rotation::Compromised)
            .await;
        let keys = keys.unwrap().into_value();
        assert_eq!(
            keys.iter().map(|key| key.state).collect::<Vec<_>>(),
            ["Destroyed", "Active"]
        );
        assert_eq!(world.service.jwks().await.unwrap().keys().len(), 1);
        database.execute("UPDATE key_ring SET version = 0").await;
        let exchanged = other.exchange(&presented, ADDRESS).await.unwrap();
        assert_eq!(kid(&exchanged.token), keys[1].kid);
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
        let server = world.reopen().await.unwrap();
        server.seal_anew().await.unwrap();
        std::fs::write(&file, &new).unwrap();
        // Who runs on with the old file alone goes on signing, until a key is made under the new one.
        assert_eq!(code(world.exchange(&issued.secret).await), 1);
        assert_eq!(world.service.jwks().await.unwrap().keys().len(), 1);
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

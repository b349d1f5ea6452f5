//! The service must accept the content of a filled database as its own.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;

use ats_pat_test_support::world::{ADDRESS, AuditProgress, World, code};
use ats_pat_test_support::{Kind, TestDatabase, kinds};
use secrecy::SecretString;

/// More than the program inserts at a time.
const TOKENS: i64 = 2500;
const OWNED: i64 = 40;

#[tokio::test]
async fn the_service_takes_filled_tokens_for_its_own() {
    // SQLite can be filled only while no other process has it open.
    for kind in [Kind::Postgres, Kind::Mariadb] {
        if kinds().contains(&kind) {
            filled(TestDatabase::create(kind).await).await;
        }
    }
}

async fn filled(database: TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.add_user("ada").await.id.to_string();

    let sample = fill(database.url(), world.folder(), &ada);

    assert_eq!(sample.len(), 50);
    for secret in &sample {
        let exchanged = world.exchange(secret).await.unwrap();
        assert_eq!(exchanged.scope(), "all");
    }
    for table in ["tokens", "secrets", "status_places"] {
        let count = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(database.number(&count).await, TOKENS, "{table}");
    }
    let ada = database.uuid_literal(&ada);
    let owned = format!("SELECT COUNT(*) FROM tokens WHERE owner_id = {ada}");
    assert_eq!(database.number(&owned).await, OWNED);

    let revoked = database
        .number("SELECT COUNT(*) FROM tokens WHERE revoked_at IS NOT NULL")
        .await;
    assert_eq!(revoked, TOKENS / 5);
    let findings = world.service.operator().verify_audit().await;
    assert_eq!(findings.unwrap().findings, [""; 0]);

    altered_events_are_found_in_their_order(&world, &database).await;

    let revoked = world.service.revoke_as_holder(&sample[7], ADDRESS).await;
    assert_eq!(code(revoked), 1);
    assert_eq!(code(world.exchange(&sample[7]).await), 1203);
}

/// The log has more pages than are checked at once.
async fn altered_events_are_found_in_their_order(world: &World, database: &TestDatabase) {
    const ALTERED: [i64; 8] = [9, 1000, 1001, 1002, 3000, 4001, 5500, 6001];
    let place = |events: &str| {
        let numbers = ALTERED.map(|seq| seq.to_string()).join(", ");
        format!("UPDATE events SET at = at {events} 1 WHERE seq IN ({numbers})")
    };
    database.execute(&place("+")).await;
    let (came, told) = mpsc::channel();
    let verified = world.service.operator();
    let verified = verified.verify_audit_telling(None, move |progress| {
        came.send(progress).unwrap();
    });
    let report = verified.await.unwrap();
    let found = |seq| format!("event {seq} was altered, or does not follow the one before");
    assert_eq!(report.findings, ALTERED.map(found));

    let (mut events, mut rows) = (Vec::new(), Vec::new());
    for progress in told {
        match progress {
            AuditProgress::Events { done, count } if rows.is_empty() => {
                assert_eq!(count, report.events);
                events.push(done);
            }
            AuditProgress::Rows { done, count } => {
                assert_eq!(count, report.rows);
                rows.push(done);
            }
            other => panic!("{other:?}"),
        }
    }
    for (done, whole) in [(events, report.events), (rows, report.rows)] {
        assert!(done.len() > 7 && done.is_sorted(), "{done:?}");
        assert_eq!(done.last(), Some(&whole));
    }
    database.execute(&place("-")).await;
}

fn fill(url: &str, folder: &Path, owner: &str) -> Vec<SecretString> {
    let sample = folder.join("sample");
    let status = Command::new(env!("CARGO_BIN_EXE_bench-database"))
        .env("BENCH_DATABASE_URL", url)
        .arg("fill")
        .arg("--master-key-file")
        .arg(folder.join("master.key"))
        .args(["--tokens", &TOKENS.to_string(), "--owners", "7"])
        .args(["--owner", owner, "--owner-tokens", &OWNED.to_string()])
        .args(["--ended-of", "5"])
        .args(["--sample", "50", "--sample-file"])
        .arg(&sample)
        .status()
        .unwrap();
    assert!(status.success());
    let secrets = std::fs::read_to_string(sample).unwrap();
    secrets.lines().map(SecretString::from).collect()
}

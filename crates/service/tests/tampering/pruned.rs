//! Old events that were removed from the log. What was taken away before stays so, and what is left
//! is verified. On every database.

use std::path::PathBuf;
use std::time::Duration;

use ats_pat_service::view::IssuedToken;
use ats_pat_service::{
    ArchiveError, ArchivedPart, PruneError, PrunedEvents, Pruning, Regeneration, Service, SignedIn,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::put_back::{copy, put_back, services};
use crate::scene::assert_found;

/// Longer than any test.
const LONG: Duration = Duration::from_hours(24 * 80);

/// A service that was used some days ago.
struct Old {
    world: World,
    ada: SignedIn,
    /// Made first, and left alone.
    kept: IssuedToken,
    /// Revoked on the first day.
    revoked: IssuedToken,
}

impl Old {
    /// `meanwhile` comes before the token is revoked.
    async fn new(database: &TestDatabase, meanwhile: impl AsyncFnOnce(&TestDatabase)) -> Self {
        let world = World::new(database.url()).await;
        let ada = world.signed_in("ada").await;
        let kept = world.create(&ada, "kept", LONG).await.unwrap();
        let revoked = world.create(&ada, "revoked", LONG).await.unwrap();
        come_and_go(&world).await;
        meanwhile(database).await;
        let id = revoked.token.id.to_string();
        assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
        world.clock.advance(2 * DAY);
        let ada = world.sign_in("ada").await;
        Self {
            world,
            ada,
            kept,
            revoked,
        }
    }

    fn archive(&self, number: u32) -> PathBuf {
        self.world.folder().join(format!("{number}.jsonl"))
    }

    /// Archives what is old, as the archive of this number.
    async fn archived(&self, number: u32) -> PathBuf {
        let before = number.checked_sub(1).filter(|before| *before > 0);
        let part = ArchivedPart {
            after: before.map(|before| self.archive(before)),
            before: Some(self.world.now().before(DAY)),
        };
        let (file, operator) = (self.archive(number), self.world.service.operator());
        operator.archive_events(&file, &part).await.unwrap();
        file
    }

    async fn pruned(&self, number: u32) -> PrunedEvents {
        let archive = self.archived(number).await;
        let operator = self.world.service.operator();
        operator
            .prune_events(&[archive], Pruning::default())
            .await
            .unwrap()
    }

    async fn events(&self, database: &TestDatabase) -> i64 {
        let through = self.world.store.events().head().await.unwrap().seq;
        let count = "SELECT count(*) FROM events";
        assert!(database.number(count).await <= through);
        database.number(count).await
    }
}

/// Signs in and out, some times. Nothing needs these events any more.
async fn come_and_go(world: &World) {
    for _ in 0..3 {
        let password = PASSWORD.into();
        let signed_in = world.service.sign_in("ada", &password, ADDRESS);
        let id = signed_in.await.unwrap().session_id;
        let ended = world.service.sign_out(Some(id.expose_secret())).await;
        assert_eq!(code(ended), 1);
    }
}

async fn none(_: &TestDatabase) {}

#[on_every_database]
async fn a_revoked_token_stays_revoked_without_its_events(database: &TestDatabase) {
    let old = Old::new(database, copy).await;
    let pruned = old.pruned(1).await;
    assert!(pruned.removed > 0, "{pruned:?}");
    for service in services(&old.world).await {
        assert_eq!(exchanged(&service, &old.kept.secret).await, 1);
    }
    put_back(database).await;
    for service in services(&old.world).await {
        assert_eq!(exchanged(&service, &old.revoked.secret).await, 1201);
    }
    // A server that has nothing but the key.
    std::fs::remove_file(old.world.folder().join("anchor")).unwrap();
    let new = old.world.reopen().await.unwrap();
    assert_eq!(exchanged(&new, &old.revoked.secret).await, 1201);
    assert_found(&old.world, "of tokens is an older one, put back").await;
}

#[on_every_database]
async fn everything_goes_on_after_events_were_removed(database: &TestDatabase) {
    let old = Old::new(database, none).await;
    let before = old.events(database).await;
    let first = old.pruned(1).await;
    assert_eq!(
        old.events(database).await,
        before - i64::try_from(first.removed).unwrap() + 1,
        "the removal is an event, too"
    );
    assert_eq!(old.world.findings().await, Vec::<String>::new());

    let [_, _, anew] = services(&old.world).await;
    let id = old.kept.token.id.to_string();
    let regenerated = anew.regenerate_token(&old.ada, &id, Regeneration::default());
    let regenerated = regenerated.await.unwrap();
    assert_eq!(exchanged(&old.world.service, &old.kept.secret).await, 1201);
    assert_eq!(exchanged(&anew, &regenerated.secret).await, 1);
    let history = anew.token_events(&old.ada, &id, 10).await.unwrap();
    let kinds: Vec<_> = history.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["token.regenerated", "token.created"]);

    come_and_go(&old.world).await;
    old.world.clock.advance(2 * DAY);
    let second = old.pruned(2).await;
    assert!(second.through_seq > first.through_seq);
    assert!(second.removed > 0, "{second:?}");
    for service in services(&old.world).await {
        assert_eq!(exchanged(&service, &regenerated.secret).await, 1);
        service.verify_rows().await.unwrap();
        assert_eq!(service.rows_that_differ(9), Vec::<String>::new());
    }
    let operator = old.world.service.operator();
    let archives = [old.archive(1), old.archive(2)];
    let report = operator.verify_audit_with(&archives).await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    assert_eq!(report.pruned_through, Some(second.through_seq));
    let report = operator.verify_audit_with(&archives[..1]).await.unwrap();
    let named = format!("events up to {} were removed", second.through_seq);
    assert!(report.findings[0].contains(&named), "{report:?}");
}

#[on_every_database(each = [
    ("DELETE FROM events WHERE seq = (SELECT min_seq FROM least)", "is missing"),
    ("UPDATE events SET actor = 'holder' WHERE seq = (SELECT min_seq FROM least)", "was altered"),
    ("UPDATE events SET actor = 'holder' WHERE seq = (SELECT max_seq FROM least)", "was altered"),
    ("DELETE FROM pruning_parts", "carried over was altered"),
    ("UPDATE pruning_parts SET content = (SELECT hash FROM events WHERE seq = (SELECT min_seq FROM least))", "carried over was altered"),
    ("UPDATE events SET seq = (SELECT gap FROM least) WHERE seq = (SELECT seq FROM event_head)", "was planted"),
])]
async fn what_is_left_can_not_be_altered(
    database: &TestDatabase,
    (statement, expected): (&str, &str),
) {
    let old = Old::new(database, none).await;
    let through = old.pruned(1).await.through_seq;
    database.execute("DELETE FROM event_personal").await;
    let gap = database
        .number("SELECT min(seq) - 1 FROM events WHERE seq - 1 > 0 AND seq - 1 NOT IN (SELECT seq FROM events)")
        .await;
    let least = format!(
        "CREATE TABLE least AS SELECT min(seq) AS min_seq, {through} AS max_seq, {gap} AS gap FROM events"
    );
    database.execute(&least).await;
    database.execute(statement).await;
    assert_found(&old.world, expected).await;
}

#[on_every_database]
async fn a_row_that_is_gone_is_missed_by_the_events_that_are_left(database: &TestDatabase) {
    let old = Old::new(database, none).await;
    old.pruned(1).await;
    database.execute("DELETE FROM secrets").await;
    assert_found(&old.world, "of secrets was removed").await;
}

#[on_every_database]
async fn an_interrupted_removal_goes_on(database: &TestDatabase) {
    let old = Old::new(database, none).await;
    let archive = old.archived(1).await;
    database
        .execute("CREATE TABLE copied AS SELECT * FROM events")
        .await;
    let operator = old.world.service.operator();
    let archives = [archive];
    let pruned = operator
        .prune_events(&archives, Pruning::default())
        .await
        .unwrap();
    let again = operator.prune_events(&archives, Pruning::default()).await;
    assert!(
        matches!(again, Err(PruneError::Nothing { .. })),
        "{again:?}"
    );

    // As if the program had ended just after the event of the removal.
    let back = "INSERT INTO events SELECT * FROM copied WHERE seq NOT IN (SELECT seq FROM events)";
    database.execute(back).await;
    assert_found(&old.world, "was planted").await;
    database.execute("DELETE FROM prunings").await;
    assert_eq!(old.world.findings().await, Vec::<String>::new());
    assert_eq!(
        operator
            .prune_events(&archives, Pruning::default())
            .await
            .unwrap(),
        pruned
    );
    assert_eq!(old.world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn nothing_is_removed_that_no_archive_has_or_that_is_needed(database: &TestDatabase) {
    let old = Old::new(database, none).await;
    let operator = old.world.service.operator();
    let first = old.archived(1).await;
    let young = old.world.folder().join("young.jsonl");
    let all = ArchivedPart {
        after: Some(first.clone()),
        before: None,
    };
    operator.archive_events(&young, &all).await.unwrap();
    let before = old.events(database).await;
    let of = async |archives: &[PathBuf]| {
        operator
            .prune_events(archives, Pruning::default())
            .await
            .unwrap_err()
    };

    assert!(matches!(of(&[]).await, PruneError::NoArchive));
    let gap = of(std::slice::from_ref(&young)).await;
    assert!(matches!(gap, PruneError::Archives { .. }), "{gap:?}");
    let both = of(&[young, first.clone()]).await;
    assert!(matches!(both, PruneError::TooYoung { .. }), "{both:?}");
    let other = of(&[old.world.folder().join("other")]).await;
    let missing = matches!(other, PruneError::Archive(ArchiveError::NotRead { .. }));
    assert!(missing, "{other:?}");
    database
        .execute("UPDATE tokens SET revoked_at = NULL")
        .await;
    let altered = of(&[first]).await;
    assert!(
        altered.to_string().contains("was planted or altered"),
        "{altered}"
    );
    assert_eq!(old.events(database).await, before);
    assert_eq!(
        database.number("SELECT count(*) FROM pruning_parts").await,
        0
    );
}

#[on_every_database]
async fn a_server_that_stood_still_meanwhile_goes_on(database: &TestDatabase) {
    let old = Old::new(database, none).await;
    let anchor = std::fs::read(old.world.folder().join("anchor"));
    let still = old.world.reopen().await.unwrap();
    assert_eq!(exchanged(&still, &old.kept.secret).await, 1);
    still.flush().await;
    let anchor = anchor.or_else(|_| std::fs::read(old.world.folder().join("anchor")));
    come_and_go(&old.world).await;
    old.world.clock.advance(2 * DAY);
    old.pruned(1).await;
    assert_eq!(exchanged(&still, &old.kept.secret).await, 1);
    assert_ne!(exchanged(&still, &old.revoked.secret).await, 1);
    still.flush().await;
    let (operator, id) = (still.operator(), old.kept.token.id.to_string());
    assert_eq!(code(operator.revoke_token(&id).await), 1);

    // One that was stopped.
    std::fs::write(old.world.folder().join("anchor"), anchor.unwrap()).unwrap();
    let started: Service = old.world.reopen().await.unwrap();
    assert_ne!(exchanged(&started, &old.kept.secret).await, 1);
}

#[on_every_database]
async fn an_altered_row_that_a_change_ended_is_reported_for_ever(database: &TestDatabase) {
    let old = Old::new(database, async |database| {
        database.execute("UPDATE secrets SET generation = 9").await;
    });
    let old = old.await;
    let kept = old.world.service.operator();
    let id = old.kept.token.id.to_string();
    assert_eq!(code(kept.revoke_token(&id).await), 1);
    let reported = old.world.findings().await;
    assert!(!reported.is_empty());
    old.world.clock.advance(2 * DAY);
    old.world.sign_in("ada").await;
    let (archive, all) = (
        old.archived(1).await,
        Pruning {
            despite_findings: true,
        },
    );
    kept.prune_events(&[archive], all).await.unwrap();
    let ended = |finding: &String| finding.contains("event");
    assert_eq!(
        old.world.findings().await,
        reported.into_iter().filter(ended).collect::<Vec<_>>()
    );
}

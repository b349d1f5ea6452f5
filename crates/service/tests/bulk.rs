//! Revoking many tokens as a job: what it revokes, that it goes on, and that it stops.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::{Problem, Timestamp};
use ats_pat_service::{BulkJobView, Error, NewToken, Operator, Service, SignedIn};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

/// More than one batch.
const MANY: usize = 45;

/// Ada's tokens with the scope `build`, and one without.
struct Scene {
    world: World,
    ada: SignedIn,
    builds: Vec<SecretString>,
    other: SecretString,
}

async fn scene(database: &TestDatabase) -> Scene {
    let world = World::with(database.url(), |settings| {
        settings.changes_per_user_per_minute = 0;
        settings.policy.base.scopes = vec![
            ats_pat_domain::scope::Scope::new("build", "").unwrap(),
            ats_pat_domain::scope::Scope::new("builds", "").unwrap(),
        ];
    })
    .await;
    let ada = world.signed_in("ada").await;
    let mut builds = Vec::new();
    for number in 0..MANY {
        builds.push(create(&world, &ada, &format!("build {number}"), "build").await);
    }
    let other = create(&world, &ada, "other", "builds").await;
    Scene {
        world,
        ada,
        builds,
        other,
    }
}

async fn create(world: &World, by: &SignedIn, name: &str, scope: &str) -> SecretString {
    let new = NewToken {
        scopes: Some(vec![scope.to_owned()]),
        ..world.new_token(name, DAY)
    };
    world.service.create_token(by, new).await.unwrap().secret
}

fn with_scope(scope: &str) -> TokenQuery {
    TokenQuery {
        scope: Some(scope.to_owned()),
        ..TokenQuery::of(None)
    }
}

async fn begin(operator: &Operator<'_>) -> BulkJobView {
    let many = MANY as u64;
    let begun = operator.revoke_matching(None, with_scope("build"), many);
    begun.await.unwrap()
}

impl Scene {
    async fn exchange(&self, secret: &SecretString) -> u32 {
        exchanged(&self.world.service, secret).await
    }

    /// How many of the tokens are refused as revoked.
    async fn revoked(&self) -> usize {
        let mut revoked = 0;
        for secret in &self.builds {
            revoked += usize::from(self.exchange(secret).await == 1203);
        }
        revoked
    }
}

async fn finish(service: &Service, job: &BulkJobView) {
    service
        .finish_bulk_job(job.job_id, |_, _| {})
        .await
        .unwrap();
}

#[on_every_database]
async fn exactly_the_tokens_that_were_confirmed_are_revoked(database: &TestDatabase) {
    let scene = scene(database).await;
    let world = &scene.world;
    let root = world.administrator("root").await;
    let operator = world.service.administrator(&root).unwrap();
    let found = operator.matching_tokens(None, with_scope("build")).await;
    let found = found.unwrap();
    assert_eq!((found.count, found.sample.len()), (MANY as u64, MANY));
    let head = world.store.events().head().await.unwrap();
    // What nobody sees folds to this.
    let everything = TokenQuery {
        search: Some(String::new()),
        ..TokenQuery::of(None)
    };
    for (owner, query, confirmed, refused) in [
        (None, with_scope("build"), MANY as u64 + 1, 1308),
        (None, with_scope("builds"), MANY as u64, 1308),
        (None, TokenQuery::of(None), MANY as u64 + 1, 1001),
        (None, everything, MANY as u64 + 1, 1001),
        (Some("nobody"), with_scope("build"), MANY as u64, 1310),
    ] {
        let begun = operator.revoke_matching(owner, query, confirmed).await;
        assert_eq!(code(begun), refused);
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);

    let job = begin(&operator).await;
    assert_eq!(
        (job.count, job.done, job.finished_at),
        (MANY as u64, 0, None)
    );
    // Made after it was confirmed.
    world.clock.advance(Duration::from_millis(1));
    let later = create(world, &scene.ada, "later", "build").await;
    // A second job waits until the first is over.
    let second = operator
        .revoke_matching(None, with_scope("builds"), 1)
        .await;
    assert_eq!(code(second), 1400);
    finish(&world.service, &job).await;
    assert_eq!(scene.revoked().await, MANY);
    assert_eq!(scene.exchange(&scene.other).await, 1);
    assert_eq!(scene.exchange(&later).await, 1);
    let told = operator.bulk_job(&job.job_id.to_string()).await.unwrap();
    assert_eq!(told.done, MANY as u64);
    assert!(told.finished_at.is_some());

    // One event for each batch, in the name of whoever began it; none for each token.
    let batches = world.told("bulk.revoked").await;
    assert!(batches.len() >= 2, "a batch has at most 20 at first");
    let actor = format!("user:{}", root.user().id);
    assert!(batches.iter().all(|told| told.event.actor == actor));
    assert_eq!(world.told("token.revoked").await.len(), 0);
    assert_eq!(world.findings().await, Vec::<String>::new());
    // A restart goes by it.
    let again = world.reopen().await.unwrap();
    let secret = scene.builds[0].expose_secret().as_bytes();
    assert_eq!(code(again.exchange(&[secret], ADDRESS).await), 1203);
    let second = operator.revoke_matching(Some("ada"), with_scope("builds"), 1);
    finish(&world.service, &second.await.unwrap()).await;
    assert_eq!(scene.exchange(&scene.other).await, 1203);
}

#[on_every_database]
async fn a_job_goes_on_at_another_server_where_it_was_left(database: &TestDatabase) {
    let scene = scene(database).await;
    let world = &scene.world;
    let job = begin(&world.service.operator()).await;
    // The server is gone after some batches.
    let step = std::sync::atomic::AtomicU64::new(0);
    let left = world.service.finish_bulk_job(job.job_id, |done, _| {
        step.store(done, std::sync::atomic::Ordering::SeqCst);
    });
    let some = async {
        while step.load(std::sync::atomic::Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = left => panic!("it takes several batches"),
        () = some => {}
    }
    // Each token is done once, whoever does it.
    let other = world.reopen().await.unwrap();
    tokio::join!(finish(&other, &job), finish(&world.service, &job));
    assert_eq!(scene.revoked().await, MANY);
    let batches = world.told("bulk.revoked").await;
    let revoked = batches.iter().map(|told| {
        let tokens = told.event.details["Tokens"].as_array();
        tokens.map_or(0, Vec::len)
    });
    assert_eq!(revoked.sum::<usize>(), MANY);
    let told = other.operator().bulk_job(&job.job_id.to_string()).await;
    assert_eq!(told.unwrap().done, MANY as u64);
}

#[on_every_database]
async fn the_background_of_any_server_takes_over_a_job_that_was_left(database: &TestDatabase) {
    let scene = scene(database).await;
    let world = &scene.world;
    let job = begin(&world.service.operator()).await;
    let other = world.reopen().await.unwrap();
    let over = async || {
        let told = other.operator().bulk_job(&job.job_id.to_string()).await;
        told.unwrap().finished_at.is_some()
    };
    // It was left ten seconds ago.
    world.clock.advance(Duration::from_secs(10));
    let until_over = async {
        while !over().await {
            tokio::task::yield_now().await;
        }
    };
    other.run_bulk_jobs(until_over).await;
    assert_eq!(scene.revoked().await, MANY);
}

#[on_every_database]
async fn a_job_stops_when_whoever_began_it_may_no_longer_revoke(database: &TestDatabase) {
    let scene = scene(database).await;
    let world = &scene.world;
    world.administrator("other").await;
    let root = world.administrator("root").await;
    let operator = world.service.administrator(&root).unwrap();
    let job = begin(&operator).await;
    // It outlives the session, but not the right.
    world.service.end_other_sessions(&root).await.unwrap();
    world.service.operator().disable_user("root").await.unwrap();
    finish(&world.service, &job).await;
    assert_eq!(scene.revoked().await, 0);
    let told = world.service.operator();
    let told = told.bulk_job(&job.job_id.to_string()).await.unwrap();
    assert_eq!((told.done, told.finished_at.is_some()), (0, true));
    let ended = world.told("bulk.finished").await;
    assert_eq!(ended[0].event.details["Stopped"], "authority");
}

#[on_every_database]
async fn nobody_who_can_write_to_the_database_starts_or_changes_a_job(database: &TestDatabase) {
    let scene = scene(database).await;
    let world = &scene.world;
    // The log's last event is made one that starts a job over everything.
    let planted = "UPDATE events SET kind = 'bulk.started' WHERE kind = 'token.created'";
    database.execute(planted).await;
    let refused = world
        .service
        .operator()
        .revoke_matching(None, with_scope("build"), MANY as u64)
        .await;
    assert!(
        matches!(
            refused,
            Err(Error::Tampered {
                table: "events",
                ..
            })
        ),
        "{refused:?}"
    );
    let unknown = world.service.operator();
    let unknown = unknown
        .bulk_job("019a6e40-2a3b-7c4d-9e5f-0123456789ab")
        .await;
    assert!(matches!(
        unknown,
        Err(Error::Refused(Problem::TokenNotFound))
    ));
    assert_ne!(scene.exchange(&scene.builds[0]).await, 1203);
}

#[on_every_database]
async fn filters_of_time_go_by_uses(database: &TestDatabase) {
    let scene = scene(database).await;
    let world = &scene.world;
    world.clock.advance(DAY / 2);
    assert_eq!(scene.exchange(&scene.builds[3]).await, 1);
    world.service.flush().await;
    let operator = world.service.operator();
    let count = async |query| operator.matching_tokens(None, query).await.unwrap().count;
    let before = |created: Option<Timestamp>, expires: Option<Timestamp>| TokenQuery {
        created_before: created,
        expires_before: expires,
        ..with_scope("build")
    };
    let many = MANY as u64;
    let now = world.now();
    assert_eq!(count(before(Some(now), None)).await, many);
    assert_eq!(count(before(Some(now.before(DAY)), None)).await, 0);
    assert_eq!(count(before(None, Some(now.after(DAY)))).await, many);
    assert_eq!(count(before(None, Some(now))).await, 0);
}

//! A database that hangs under a running server: callers soon learn of it.

use std::process::Command;
use std::time::{Duration, Instant};

use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::{TestDatabase, on_every_server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_by, admin_program, text};

/// How soon a caller must learn that the service can't answer.
const SOON: Duration = Duration::from_secs(1);
/// How soon an answer from memory must come.
const AT_ONCE: Duration = Duration::from_millis(500);
/// How many users ask for the same thing at the same time.
const MANY: usize = 10;

/// Runs `call` to its end. Returns the status of the answer and the time it took.
#[expect(
    clippy::disallowed_methods,
    reason = "the test is about how long a caller waits"
)]
async fn timed(call: impl Future<Output = (u16, Value)>) -> (u16, Duration) {
    let begun = Instant::now();
    let (status, _) = call.await;
    (status, begun.elapsed())
}

/// Makes many calls at the same time. Returns the status and time of each.
async fn by_many<C>(call: impl Fn(usize) -> C) -> Vec<(u16, Duration)>
where
    C: Future<Output = (u16, Value)> + Send + 'static,
{
    let calls: Vec<_> = (0..MANY)
        .map(|number| tokio::spawn(timed(call(number))))
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

#[track_caller]
fn assert_refused_soon(what: &str, answers: &[(u16, Duration)]) {
    for (status, took) in answers {
        assert_eq!(*status, 503, "{what}");
        assert!(*took < SOON, "{what} took {took:?} of {answers:?}");
    }
}

#[track_caller]
fn assert_from_memory(what: &str, answers: &[(u16, Duration)]) {
    for (status, took) in answers {
        assert_eq!(*status, 200, "{what}");
        assert!(*took < AT_ONCE, "{what} took {took:?} of {answers:?}");
    }
}

#[on_every_server(flavor = "multi_thread")]
async fn callers_learn_within_a_second_that_a_database_hangs(database: &TestDatabase) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let folder = TempDir::new().unwrap();
    let settings = [("ATS_PAT_DATABASE_URL", url.as_str())];
    let server = Server::start_with(folder.path(), &settings);
    let mut admin = Command::new(admin_program());
    admin.envs(settings);
    let add = ["user", "add", "ada", "--password-stdin"];
    let added = admin_by(admin, folder.path(), &add, &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{added:?}");
    let client = Client::new(&server);
    assert_eq!(client.sign_in("ada").await.0, 200);
    let secret = text(&client.create("ci", 86_400).await.1["Data"]["Secret"]);
    assert_eq!(client.exchange(&secret).await.0, 200);
    let lists = client.get("/status-lists").await.1;
    let list = text(&lists["status_lists"][0]);
    let list = list.strip_prefix(&server.url).unwrap();
    assert_eq!(client.get(list).await.0, 200);
    let from_memory = ["/.well-known/jwks.json", list];
    for path in from_memory {
        assert_eq!(client.age_of(path).await, None, "{path}");
    }

    proxy.arm(Fault::Silent);
    // Until the server knows, a slow answer is better than none.
    loop {
        let (status, took) = timed(client.get("/api/personalaccesstoken")).await;
        if status == 503 && took < SOON {
            break;
        }
    }
    let get = |path: &'static str| {
        let client = client.clone();
        async move { client.get(path).await }
    };
    // For half a minute, because verifiers count from the last confirmation.
    let lists = by_many(|_| {
        let (client, list) = (client.clone(), list.to_owned());
        async move { client.get(&list).await }
    });
    assert_from_memory("the status list", &lists.await);
    for path in from_memory {
        assert!(
            client.age_of(path).await.is_some_and(|age| age > 0),
            "{path}"
        );
    }
    for _ in 0..3 {
        let exchanges = by_many(|_| {
            let (client, secret) = (client.clone(), secret.clone());
            async move { client.exchange(&secret).await }
        });
        assert_refused_soon("an exchange", &exchanges.await);
        let tokens = by_many(|_| get("/api/personalaccesstoken"));
        assert_refused_soon("a list", &tokens.await);
        // Sign-ins to one account run one after another.
        let sign_ins = by_many(|number| {
            let client = client.clone();
            let body = json!({"UserName": format!("user-{number}"), "Password": PASSWORD});
            async move { client.post("/api/session", &body).await }
        });
        assert_refused_soon("a sign-in", &sign_ins.await);
        let key_sets = by_many(|_| get("/.well-known/jwks.json"));
        assert_from_memory("the key set", &key_sets.await);
    }

    proxy.arm(Fault::None);
    while client.exchange(&secret).await.0 != 200 {
        tokio::task::yield_now().await;
    }
    while client.get(list).await.0 != 200 {
        tokio::task::yield_now().await;
    }
}

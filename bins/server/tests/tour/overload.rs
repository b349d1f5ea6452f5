//! More requests than the database can take: each class of work keeps its time, and what can't be
//! answered in time is refused at once.

use std::process::Command;
use std::time::{Duration, Instant};

use ats_pat_test_support::intruder::Intruder;
use ats_pat_test_support::{Kind, TestDatabase, on_every_database, on_every_server};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::{Client, PASSWORD, Server, admin_by, admin_program, text};

/// How soon an answer must come that needs nothing of what is held up. It is half of the time after
/// which something that waits for it is given up.
const AT_ONCE: Duration = Duration::from_millis(2500);
/// How many requests make a flood.
const FLOOD: usize = 60;

/// A running service with a signed-in user.
struct Scene {
    folder: TempDir,
    url: String,
    server: Server,
    client: Client,
}

impl Scene {
    async fn on(database: &TestDatabase) -> Self {
        let folder = TempDir::new().unwrap();
        let url = database.url().to_owned();
        let settings = [
            ("ATS_PAT_DATABASE_URL", url.as_str()),
            ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0"),
            ("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0"),
        ];
        let server = Server::start_with(folder.path(), &settings);
        let client = Client::new(&server);
        let scene = Self {
            folder,
            url,
            server,
            client,
        };
        for (name, role) in [("ada", "--admin"), ("grace", "--")] {
            let added = scene.admin(&["user", "add", "--password-stdin", role, name]);
            assert!(added.contains(name), "{added}");
        }
        assert_eq!(scene.client.sign_in("ada").await.0, 200);
        scene
    }

    fn admin(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(admin_program());
        command.env("ATS_PAT_DATABASE_URL", &self.url);
        let input = format!("{PASSWORD}\n");
        let ended = admin_by(command, self.folder.path(), arguments, &input);
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8_lossy(&ended.stdout).into_owned()
    }

    /// A new token: its id and its secret.
    async fn token(&self, name: &str) -> (String, String) {
        let (status, made) = self.client.create(name, 86_400).await;
        assert_eq!(status, 201, "{made}");
        let id = text(&made["Data"]["Token"]["Id"]);
        (id, text(&made["Data"]["Secret"]))
    }

    /// The value of a metric.
    async fn metric(&self, series: &str) -> f64 {
        let url = format!("{}/metrics", self.server.operations.as_deref().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let scrape = http.get(url).send().await.unwrap().text().await.unwrap();
        let mut lines = scrape.lines();
        let value = lines.find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("{series} is missing in\n{scrape}"))
    }

    async fn until_at_least(&self, series: &str, least: f64) {
        while self.metric(series).await < least {
            tokio::task::yield_now().await;
        }
    }

    /// The answer to a creation whose body and session are wrong, once the server is too busy to
    /// look at them.
    async fn refused_before_it_is_read(&self) -> reqwest::Response {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/api/personalaccesstoken", self.server.url);
        loop {
            let answer = http.post(&url).body("no JSON").send().await.unwrap();
            if answer.status() == 503 {
                return answer;
            }
        }
    }

    fn flood<C>(call: impl Fn(usize) -> C) -> JoinSet<(u16, Value)>
    where
        C: Future<Output = (u16, Value)> + Send + 'static,
    {
        (0..FLOOD).map(call).collect()
    }
}

/// Runs `call` to its end. Returns its answer and how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "the test is about how long a caller waits"
)]
async fn timed(call: impl Future<Output = (u16, Value)>) -> (u16, Value, Duration) {
    let begun = Instant::now();
    let (status, answer) = call.await;
    (status, answer, begun.elapsed())
}

#[track_caller]
fn assert_at_once(what: &str, (status, answer, took): &(u16, Value, Duration), expected: u16) {
    assert_eq!(*status, expected, "{what}: {answer}");
    assert!(*took < AT_ONCE, "{what} took {took:?}");
}

#[on_every_database(flavor = "multi_thread")]
async fn a_flood_of_changes_stops_neither_exchanges_nor_lists_nor_a_revoke(
    database: &TestDatabase,
) {
    let scene = Scene::on(database).await;
    let client = &scene.client;
    let (_, warm) = scene.token("warm").await;
    assert_eq!(client.exchange(&warm).await.0, 200);
    let (_, cold) = scene.token("cold").await;
    let (leaked, leaked_secret) = scene.token("leaked").await;

    // Somebody holds the row that every change needs.
    let mut holder = Intruder::connect(database).await;
    let begin = match database.kind() {
        Kind::Sqlite => "BEGIN IMMEDIATE",
        _ => "BEGIN",
    };
    holder.execute(begin).await.unwrap();
    holder
        .execute("UPDATE event_head SET seq = seq")
        .await
        .unwrap();
    let mut flood = Scene::flood(|number| {
        let client = client.clone();
        async move { client.create(&format!("flood {number}"), 86_400).await }
    });
    let waiting = "ats_pat_work_waiting{class=\"change\"}";
    scene.until_at_least(waiting, 1.0).await;

    assert_at_once(
        "an exchange from memory",
        &timed(client.exchange(&warm)).await,
        200,
    );
    assert_at_once(
        "an exchange that reads the database",
        &timed(client.exchange(&cold)).await,
        200,
    );
    assert_at_once(
        "a list",
        &timed(client.get("/api/personalaccesstoken")).await,
        200,
    );
    let revoke = tokio::spawn({
        let (client, path) = (
            client.clone(),
            format!("/api/personalaccesstoken/{leaked}/revoke"),
        );
        async move { client.post(&path, &json!({})).await }
    });
    // Once the server knows that changes don't move, it refuses others before it does anything.
    // Each time a change that was under way gives up, a few more may wait. These are refused late.
    let hopeless = || client.create("hopeless", 86_400);
    let (mut tried, mut refused_at_once) = (0, 0);
    while refused_at_once < 10 {
        tried += 1;
        assert!(tried < 30, "only {refused_at_once} were refused at once");
        let (status, answer, took) = timed(hopeless()).await;
        assert_eq!((status, &answer["ResponseCode"]), (503, &json!(1503)));
        refused_at_once += usize::from(took < AT_ONCE);
    }
    let refused = scene.refused_before_it_is_read().await;
    assert_eq!(refused.headers()["retry-after"], "5");
    assert!(
        scene
            .metric("ats_pat_work_shed_total{class=\"change\"}")
            .await
            >= 10.0
    );
    assert!(!revoke.is_finished(), "the row is still held");

    holder.execute("ROLLBACK").await.unwrap();
    let (status, revoked) = revoke.await.unwrap();
    assert_eq!(
        (status, &revoked["Data"]["Status"]),
        (200, &json!("Revoked"))
    );
    assert_eq!(
        client.exchange(&leaked_secret).await.1["ResponseCode"],
        1203
    );
    let mut made = 0;
    while let Some(answered) = flood.join_next().await {
        match answered.unwrap() {
            (201, _) => made += 1,
            (503, answer) => assert_eq!(answer["ResponseCode"], 1503),
            other => panic!("{other:?}"),
        }
    }
    let shed_of_removals = "ats_pat_work_shed_total{class=\"removal\"}";
    assert!(scene.metric(shed_of_removals).await < 0.5);
    scene.token("afterwards").await;
    let list = client.get("/api/personalaccesstoken").await.1;
    assert_eq!(
        list["Data"]["Total"],
        json!(4 + made),
        "what was refused left nothing"
    );
    scene.admin(&["audit", "verify"]);
}

#[on_every_server(flavor = "multi_thread")]
async fn a_flood_of_lists_takes_no_connection_from_exchanges_and_changes(database: &TestDatabase) {
    let scene = Scene::on(database).await;
    let client = &scene.client;
    let (_, warm) = scene.token("warm").await;
    assert_eq!(client.exchange(&warm).await.0, 200);
    let (_, cold) = scene.token("cold").await;

    let list = || {
        let client = client.clone();
        async move { client.get("/settings/operator-keys").await }
    };
    assert_eq!(list().await.0, 200);

    // This list reads operator keys, and nothing else here does. No other table refers to them, and
    // they refer to none. MariaDB would lock such tables, too.
    let mut holder = Intruder::connect(database).await;
    let lock: &[&str] = match database.kind() {
        Kind::Postgres => &["BEGIN", "LOCK TABLE operator_keys IN ACCESS EXCLUSIVE MODE"],
        _ => &["LOCK TABLES operator_keys WRITE"],
    };
    for statement in lock {
        holder.execute(statement).await.unwrap();
    }
    let mut flood = Scene::flood(|_| list());
    scene
        .until_at_least("ats_pat_work_waiting{class=\"read\"}", 1.0)
        .await;
    let other = Client::new(&scene.server);
    for round in 0..3 {
        for (what, secret) in [("from memory", &warm), ("that reads", &cold)] {
            assert_at_once(what, &timed(client.exchange(secret)).await, 200);
        }
        let name = format!("beside {round}");
        assert_at_once(
            "a creation",
            &timed(client.create(&name, 86_400)).await,
            201,
        );
        assert_at_once("a sign-in", &timed(other.sign_in("grace")).await, 200);
    }
    // Most of the flood learns soon that there are too many.
    scene
        .until_at_least("ats_pat_work_shed_total{class=\"read\"}", 40.0)
        .await;
    assert_at_once("one more list", &timed(list()).await, 503);

    let unlock = match database.kind() {
        Kind::Postgres => "ROLLBACK",
        _ => "UNLOCK TABLES",
    };
    holder.execute(unlock).await.unwrap();
    while flood.join_next().await.is_some() {}
    while list().await.0 != 200 {
        tokio::task::yield_now().await;
    }
}

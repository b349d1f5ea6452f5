//! What an operator sees on the operations listener of the real program.

use std::collections::BTreeSet;

use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json, text};

const DOCUMENT: &str = include_str!("../../../../docs/operation.md");

const ALERTS: &str = include_str!("../../../../docs/deploy/prometheus/ats-pat.rules.yml");
const DASHBOARD: &str = include_str!("../../../../docs/deploy/grafana/ats-pat.json");

/// A scrape: a value by its name and labels, as they are written.
struct Scrape(String);

impl Scrape {
    async fn of(server: &Server) -> Self {
        let (status, content_type, body) = get(server, "/metrics", None).await;
        assert_eq!(status, 200);
        assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
        Self(body)
    }

    /// The value of a series, or nothing.
    fn value(&self, series: &str) -> Option<f64> {
        let mut lines = self.0.lines();
        lines.find_map(|line| {
            let value = line.strip_prefix(series)?.strip_prefix(' ')?;
            value.parse().ok()
        })
    }

    fn of_series(&self, series: &str) -> f64 {
        let value = self.value(series);
        value.unwrap_or_else(|| panic!("{series} is missing in\n{}", self.0))
    }

    #[track_caller]
    fn require(&self, series: &str, value: f64) {
        let found = self.of_series(series);
        // Counts are exact.
        assert!((found - value).abs() < 0.5, "{series} is {found}");
    }

    /// The names of all metrics, as their lines TYPE say.
    fn names(&self) -> BTreeSet<String> {
        let types = self
            .0
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "));
        let names = types.filter_map(|rest| rest.split(' ').next());
        names.map(ToOwned::to_owned).collect()
    }
}

pub async fn get(server: &Server, path: &str, accept: Option<&str>) -> (u16, String, String) {
    let url = format!("{}{path}", server.operations.as_deref().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.get(url);
    if let Some(accept) = accept {
        request = request.header(ACCEPT, accept);
    }
    let answer = request.send().await.unwrap();
    let content_type = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (
        answer.status().as_u16(),
        content_type,
        answer.text().await.unwrap(),
    )
}

/// A server with an operations listener and an administrator.
pub fn watched(folder: &TempDir) -> Server {
    let server = Server::start_with(
        folder.path(),
        &[("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0")],
    );
    let input = format!("{PASSWORD}\n");
    let add = ["user", "add", "Ada", "--admin", "--password-stdin"];
    admin_json(folder.path(), &add, &input);
    server
}

#[tokio::test]
async fn what_happens_is_counted() {
    let folder = TempDir::new().unwrap();
    let server = watched(&folder);
    let client = Client::new(&server);
    assert_eq!(client.sign_in("nobody").await.0, 401);
    assert_eq!(client.sign_in("ada").await.0, 200);
    let created = client.create("nightly build", 86_400).await.1;
    let secret = text(&created["Data"]["Secret"]);
    let unknown = format!("atspat_{}", "0".repeat(49));
    assert_eq!(client.exchange(&unknown).await.0, 401);
    assert_eq!(client.get("/settings/no-such-page").await.0, 404);

    // An exchange is answered from memory once the event log was followed up to the creation.
    let mut exchanges = 0.0;
    let scrape = loop {
        assert_eq!(client.exchange(&secret).await.0, 200);
        exchanges += 1.0;
        let scrape = Scrape::of(&server).await;
        let hits = "ats_pat_exchange_cache_lookups_total{result=\"hit\"}";
        if scrape.of_series(hits) >= 1.0 {
            break scrape;
        }
    };
    let exchange = "route=\"/api/personalaccesstoken/getAuthenticationToken\"";
    for (series, value) in [
        ("ats_pat_exchanges_total{outcome=\"Success\"}", exchanges),
        (
            "ats_pat_exchanges_total{outcome=\"PersonalAccessTokenInvalid\"}",
            1.0,
        ),
        ("ats_pat_sign_ins_total{outcome=\"Success\"}", 1.0),
        (
            "ats_pat_sign_ins_total{outcome=\"InvalidCredentials\"}",
            1.0,
        ),
        ("ats_pat_limited_requests_total{limit=\"sign-in\"}", 0.0),
        ("ats_pat_exchange_cache_grants", 1.0),
        (
            "ats_pat_http_request_duration_seconds_count{kind=\"exchange\"}",
            exchanges + 1.0,
        ),
        ("ats_pat_event_log_lost", 0.0),
        ("ats_pat_differing_rows", 0.0),
        ("ats_pat_database_connections_max{pool=\"write\"}", 1.0),
    ] {
        scrape.require(series, value);
    }
    for (labels, count) in [
        (
            format!("method=\"GET\",{exchange},status=\"200\",code=\"1\""),
            exchanges,
        ),
        (
            format!("method=\"GET\",{exchange},status=\"401\",code=\"1201\""),
            1.0,
        ),
        (
            "method=\"POST\",route=\"/api/session\",status=\"200\",code=\"1\"".to_owned(),
            1.0,
        ),
        (
            "method=\"GET\",route=\"none\",status=\"404\",code=\"1004\"".to_owned(),
            1.0,
        ),
    ] {
        let series = format!("ats_pat_http_requests_total{{{labels}}}");
        scrape.require(&series, count);
    }
    for at_least_one in [
        "ats_pat_exchange_cache_lookups_total{result=\"miss\"}",
        "ats_pat_changes_total{outcome=\"Success\"}",
        "ats_pat_commit_duration_seconds_count",
        "ats_pat_feed_lag_seconds_count",
        "ats_pat_event_log_head",
        "ats_pat_database_statement_duration_seconds_count{purpose=\"exchange\"}",
        "ats_pat_disk_free_bytes",
    ] {
        assert!(scrape.of_series(at_least_one) >= 1.0, "{at_least_one}");
    }
    assert!(scrape.of_series("ats_pat_lease_age_seconds") < 5.0);
    // Nothing that came from a request is a label.
    for not_there in [
        &secret,
        &unknown,
        "ada",
        "nobody",
        "no-such-page",
        "127.0.0.1",
    ] {
        assert!(
            !scrape.0.contains(not_there),
            "{not_there} is in\n{}",
            scrape.0
        );
    }
    server.stop();
}

#[tokio::test]
async fn tokens_are_counted_when_a_server_starts() {
    let folder = TempDir::new().unwrap();
    let server = watched(&folder);
    let client = Client::new(&server);
    client.sign_in("ada").await;
    let (day, month) = (86_400, 30 * 86_400);
    let first = client.create("first", day).await.1;
    client.create("second", month).await;
    client.create("third", month).await;
    client
        .revoke_as_holder(&text(&first["Data"]["Secret"]))
        .await;
    client.create("fourth", day).await;
    server.stop();
    let server = watched_again(&folder);
    // They are counted beside the first requests.
    let scrape = loop {
        let scrape = Scrape::of(&server).await;
        if scrape.value("ats_pat_tokens_expiring").is_some() {
            break scrape;
        }
    };
    for (series, value) in [
        ("ats_pat_tokens{status=\"active\"}", 3.0),
        ("ats_pat_tokens{status=\"revoked\"}", 1.0),
        ("ats_pat_tokens{status=\"expired\"}", 0.0),
        ("ats_pat_tokens_expiring", 1.0),
    ] {
        scrape.require(series, value);
    }
    assert!(scrape.of_series("ats_pat_event_log_head_age_seconds") < 60.0);
    server.stop();
}

fn watched_again(folder: &TempDir) -> Server {
    let listen = [("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0")];
    Server::start_with(folder.path(), &listen)
}

#[tokio::test]
async fn the_document_lists_the_metrics_that_are_served() {
    let folder = TempDir::new().unwrap();
    let server = watched(&folder);
    let served = Scrape::of(&server).await.names();
    let documented: Vec<&str> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `ats_pat_")?.split('`').next())
        .map(|name| name.split('{').next().unwrap())
        .collect();
    let documented: BTreeSet<String> = documented
        .iter()
        .map(|name| format!("ats_pat_{name}"))
        .collect();
    assert_eq!(documented, served);
    server.stop();
}

#[tokio::test]
async fn the_alerts_and_the_dashboard_ask_for_metrics_that_are_served() {
    let folder = TempDir::new().unwrap();
    let server = watched(&folder);
    let served = Scrape::of(&server).await.names();
    for (name, text) in [("alerts", ALERTS), ("dashboard", DASHBOARD)] {
        let asked: BTreeSet<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.starts_with("ats_pat_"))
            .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
            .collect();
        assert!(asked.len() > 8, "{name} ask for {asked:?}");
        let missing: Vec<_> = asked
            .iter()
            .filter(|word| !served.contains(**word))
            .collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
    server.stop();
}

#[tokio::test]
async fn the_operations_listener_serves_health_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let server = watched(&folder);
    let (status, content_type, body) = get(&server, "/health/ready", None).await;
    assert_eq!((status, &*content_type), (200, "text/plain; charset=utf-8"));
    assert!(body.contains("database: ok: answers\n"), "{body}");
    for path in ["/health/ready", "/health/live"] {
        let (status, content_type, body) = get(&server, path, Some("application/json")).await;
        assert_eq!((status, &*content_type), (200, "application/json"));
        let report: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(report["Status"], "Ok");
        let check = report["Checks"][0].as_object().unwrap();
        let keys: Vec<&String> = check.keys().collect();
        assert_eq!(json!(keys), json!(["Message", "Name", "Ok"]));
        assert_eq!(check["Ok"], true);
    }
    for path in [
        "/",
        "/metrics/",
        "/api/session",
        "/sign-in",
        "/health",
        "/openapi.json",
    ] {
        assert_eq!(get(&server, path, None).await.0, 404, "{path}");
    }
    // And the site has no metrics.
    assert_eq!(Client::new(&server).get("/metrics").await.0, 404);
    server.stop();
}

//! The traces of the real program, as a collector gets them.

use std::net::TcpListener;

use ats_pat_test_support::collector::{Collector, Span, value_of};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json, audit_key, in_seconds, text};

const EXCHANGE: &str = "/api/personalaccesstoken/getAuthenticationToken";
const CALLER: &str = "00f067aa0ba902b7";

/// The attributes that spans may have. Whoever adds one has to think of secrets.
const ATTRIBUTES: [&str; 13] = [
    "ats_pat.request_id",
    "ats_pat.response_code",
    "db.collection.name",
    "db.operation.name",
    "db.system.name",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "server.address",
    "server.port",
    "url.scheme",
    "otel.tracing_event_count",
];

/// A server whose traces go to a collector.
struct Traced {
    folder: TempDir,
    collector: Collector,
    server: Server,
}

impl Traced {
    fn start(settings: &[(&str, &str)]) -> Self {
        let (folder, collector) = (TempDir::new().unwrap(), Collector::start());
        let endpoint = [("ATS_PAT_TRACES_ENDPOINT", collector.endpoint.as_str())];
        let settings = [&endpoint[..], settings].concat();
        let server = Server::start_with(folder.path(), &settings);
        Self {
            folder,
            collector,
            server,
        }
    }

    /// A signed-in administrator.
    async fn ada(&self) -> Client {
        let add = ["user", "add", "Ada", "--admin", "--password-stdin"];
        admin_json(self.folder.path(), &add, &format!("{PASSWORD}\n"));
        let client = Client::new(&self.server);
        assert_eq!(client.sign_in("ada").await.0, 200);
        client
    }

    /// Stops the server. Returns all spans, and its log.
    fn stop(self) -> (Vec<Span>, String) {
        let log = self.server.stop();
        (self.collector.spans(), log)
    }
}

/// Sends a request with these headers. Returns its status.
async fn send(server: &Server, path: &str, headers: &[(&str, &str)]) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.get(format!("{}{path}", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

async fn metric(server: &Server, series: &str) -> u64 {
    let url = format!("{}/metrics", server.operations.as_deref().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let text = http.get(url).send().await.unwrap().text().await.unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("{series} is missing in\n{text}"))
}

/// The id of a trace for a test.
fn trace(number: u32) -> String {
    format!("{number:032x}")
}

fn traceparent(trace: &str, flags: &str) -> String {
    format!("00-{trace}-{CALLER}-{flags}")
}

/// The spans of a trace. Each is inside another one of them, except for the first, which is
/// returned apart.
#[track_caller]
fn of_trace<'a>(spans: &'a [Span], trace: &str) -> (&'a Span, Vec<&'a Span>) {
    let all: Vec<&Span> = spans.iter().filter(|span| span.trace == trace).collect();
    let (roots, inner): (Vec<&Span>, Vec<&Span>) =
        all.iter().copied().partition(|span| span.kind == 2);
    assert_eq!(roots.len(), 1, "{all:#?}");
    for span in &inner {
        assert!(all.iter().any(|it| it.id == span.parent), "{span:#?}");
    }
    (roots[0], inner)
}

fn names<'a>(spans: &[&'a Span]) -> Vec<&'a str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

#[tokio::test]
async fn the_trace_of_a_caller_goes_on_through_the_request_to_its_statements() {
    let traced = Traced::start(&[
        ("ATS_PAT_TRACES_RATIO", "0"),
        ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
        ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0"),
        ("ATS_PAT_LOG", "info,access=debug"),
    ]);
    let server = &traced.server;
    let client = traced.ada().await;
    let created = client.create("build", 86_400).await.1;
    let secret = text(&created["Data"]["Secret"]);
    let (hits, misses) = (
        "ats_pat_exchange_cache_lookups_total{result=\"hit\"}",
        "ats_pat_exchange_cache_lookups_total{result=\"miss\"}",
    );
    let mut number = 0;
    let (mut cold, mut warm) = (None, None);
    while cold.is_none() || warm.is_none() {
        number += 1;
        let before = (metric(server, hits).await, metric(server, misses).await);
        let parent = traceparent(&trace(number), "01");
        let headers = [("personalAccessToken", &*secret), ("traceparent", &*parent)];
        assert_eq!(send(server, EXCHANGE, &headers).await, 200);
        let after = (metric(server, hits).await, metric(server, misses).await);
        if after == (before.0 + 1, before.1) {
            warm = Some(trace(number));
        }
        if after == (before.0, before.1 + 1) {
            cold.get_or_insert(trace(number));
        }
    }
    let (spans, log) = traced.stop();

    let cold = cold.unwrap();
    let (request, inner) = of_trace(&spans, &cold);
    assert_eq!(request.parent, CALLER);
    assert_eq!(request.name, format!("GET {EXCHANGE}"));
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", EXCHANGE),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("ats_pat.response_code", "1"),
    ] {
        assert_eq!(request.attribute(name), Some(value), "{name}");
    }
    let read = inner.iter().find(|span| span.name == "exchange.read");
    let read = read.unwrap_or_else(|| panic!("{inner:#?}"));
    assert_eq!((&read.parent, read.kind), (&request.id, 1));
    let statement = inner.iter().find(|span| span.parent == read.id);
    let statement = statement.unwrap_or_else(|| panic!("{inner:#?}"));
    assert_eq!(statement.kind, 3);
    assert_eq!(statement.attribute("db.system.name"), Some("sqlite"));
    assert_eq!(statement.attribute("db.operation.name"), Some("SELECT"));
    assert_eq!(statement.attribute("db.collection.name"), Some("secrets"));
    assert_eq!(statement.name, "SELECT secrets");

    // From memory there is nothing to wait for.
    let (request, inner) = of_trace(&spans, &warm.unwrap());
    assert_eq!((request.parent.as_str(), names(&inner)), (CALLER, vec![]));

    let id = request.attribute("ats_pat.request_id").unwrap();
    let line = log.lines().find(|line| line.contains(id)).unwrap();
    assert!(
        line.contains(&format!("trace_id=\"{}\"", request.trace)),
        "{line}"
    );
    let others = log.lines().filter(|line| line.contains(" access: "));
    let without = others.filter(|line| !line.contains("trace_id"));
    assert!(without.count() > 0, "{log}");

    let of_process = |name| value_of(&spans[0].resource, name).unwrap();
    assert_eq!(of_process("service.name"), "ats-pat-server");
    assert!(of_process("service.version").starts_with(env!("CARGO_PKG_VERSION")));
    assert_eq!(of_process("service.instance.id").len(), 36);
}

#[tokio::test]
async fn the_trace_of_a_change_has_its_waits_and_an_error_is_marked() {
    let traced = Traced::start(&[("ATS_PAT_TRACES_RATIO", "1")]);
    let client = traced.ada().await;
    let created = client.create("build", 86_400).await.1;
    let id = text(&created["Data"]["Token"]["Id"]);
    let revoke = format!("/api/personalaccesstoken/{id}/revoke");
    assert_eq!(client.post(&revoke, &json!({})).await.0, 200);
    assert_eq!(client.get("/api/personalaccesstoken/nobody").await.0, 404);
    let (spans, _) = traced.stop();
    let of = |name: &str| {
        let request = spans.iter().find(|span| span.name == name);
        let request = request.unwrap_or_else(|| panic!("{name} is missing in {spans:#?}"));
        assert_eq!((request.kind, request.parent.as_str()), (2, ""));
        let (request, inner) = of_trace(&spans, &request.trace);
        (request, inner)
    };
    let (_, inner) = of("POST /api/session");
    for name in ["password.turn", "password.hash"] {
        assert!(names(&inner).contains(&name), "{name}: {inner:#?}");
    }
    let (request, inner) = of("POST /api/personalaccesstoken");
    let change = inner.iter().find(|span| span.name == "change").unwrap();
    assert_eq!(change.parent, request.id);
    for (name, within) in [
        ("change.lock", vec!["BEGIN", "UPDATE event_head"]),
        ("change.commit", vec!["COMMIT"]),
    ] {
        let wait = inner.iter().find(|span| span.name == name).unwrap();
        assert_eq!(wait.parent, change.id);
        let found: Vec<&Span> = inner
            .iter()
            .copied()
            .filter(|it| it.parent == wait.id)
            .collect();
        for statement in within {
            assert!(names(&found).contains(&statement), "{name}: {found:#?}");
        }
    }
    assert!(names(&inner).contains(&"INSERT tokens"), "{inner:#?}");
    assert!(!names(&inner).contains(&"change.settle"), "{inner:#?}");
    let (_, inner) = of("POST /api/personalaccesstoken/:param0/revoke");
    assert!(names(&inner).contains(&"change.settle"), "{inner:#?}");
    // A refusal is no error of the server.
    let (request, _) = of("GET /api/personalaccesstoken/:param0");
    assert_eq!(request.attribute("http.response.status_code"), Some("404"));
    assert_eq!(request.attribute("ats_pat.response_code"), Some("1300"));
    assert_eq!(
        (request.failed, request.attribute("error.type")),
        (false, None)
    );
}

#[tokio::test]
async fn a_header_that_breaks_the_rules_begins_a_trace_of_its_own() {
    let traced = Traced::start(&[
        ("ATS_PAT_TRACES_RATIO", "1"),
        ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let theirs = trace(7);
    let right = traceparent(&theirs, "01");
    let wrong = [
        format!("{right}-more"),
        right.to_uppercase().replace("00F0", "AAF0"),
        right.replacen("00-", "ff-", 1),
        traceparent(&trace(0), "01"),
        right[..54].to_owned(),
    ];
    for header in &wrong {
        let headers = [("traceparent", header.as_str())];
        assert_eq!(send(&traced.server, "/health/live", &headers).await, 200);
    }
    let twice = [("traceparent", &*right), ("traceparent", &*right)];
    assert_eq!(send(&traced.server, "/health/live", &twice).await, 200);
    let state = [("traceparent", &*right), ("tracestate", "vendor=anything")];
    assert_eq!(send(&traced.server, "/health/live", &state).await, 200);
    let (spans, _) = traced.stop();
    let live: Vec<&Span> = spans
        .iter()
        .filter(|span| span.name == "GET /health/live")
        .collect();
    assert_eq!(live.len(), wrong.len() + 2);
    let (last, before) = live.split_last().unwrap();
    for span in before {
        assert_ne!(span.trace, theirs);
        assert_eq!(span.parent, "", "{span:#?}");
    }
    assert_eq!((&last.trace, last.parent.as_str()), (&theirs, CALLER));
    assert_eq!(last.trace_state, "");
}

#[tokio::test]
async fn a_stranger_does_not_choose_what_is_traced_and_a_trusted_proxy_may_say_no() {
    let sampled = traceparent(&trace(7), "01");
    let traced = Traced::start(&[("ATS_PAT_TRACES_RATIO", "0")]);
    for _ in 0..50 {
        let headers = [("traceparent", sampled.as_str())];
        assert_eq!(send(&traced.server, "/health/live", &headers).await, 200);
    }
    assert_eq!(traced.stop().0, []);

    let not_sampled = traceparent(&trace(7), "00");
    let headers = [("traceparent", not_sampled.as_str())];
    let traced = Traced::start(&[
        ("ATS_PAT_TRACES_RATIO", "1"),
        ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    assert_eq!(send(&traced.server, "/health/live", &headers).await, 200);
    let (spans, _) = traced.stop();
    assert!(
        spans.iter().all(|span| span.trace != trace(7)),
        "{spans:#?}"
    );

    // Its word doesn't count, but the trace is still the caller's.
    let traced = Traced::start(&[("ATS_PAT_TRACES_RATIO", "1")]);
    assert_eq!(send(&traced.server, "/health/live", &headers).await, 200);
    let (spans, _) = traced.stop();
    assert_eq!(of_trace(&spans, &trace(7)).0.parent, CALLER);
}

/// People paste secrets into the wrong place.
async fn paste_everywhere(
    server: &Server,
    client: &Client,
    secret: &str,
    [email, address]: [&str; 2],
) {
    for path in [
        format!("/{secret}"),
        format!("/api/personalaccesstoken/{secret}"),
        format!("/settings?token={secret}"),
        format!("/api/personalaccesstoken?Search={email}"),
    ] {
        client.get(&path).await;
    }
    for name in [
        "traceparent",
        "tracestate",
        "baggage",
        "user-agent",
        "x-request-id",
    ] {
        let headers = [(name, secret), ("x-forwarded-for", address)];
        send(server, EXCHANGE, &headers).await;
    }
    let state = format!("a={secret}");
    let parent = traceparent(&trace(7), "01");
    send(
        server,
        EXCHANGE,
        &[("traceparent", &*parent), ("tracestate", &*state)],
    )
    .await;
}

#[tokio::test]
async fn no_secret_no_address_and_no_person_gets_into_a_trace() {
    const WRONG: &str = "wrong-canary-password";
    const EMAIL: &str = "ada.canary@example.com";
    const ADDRESS: &str = "203.0.113.77";
    let traced = Traced::start(&[
        ("ATS_PAT_TRACES_RATIO", "1"),
        ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
        ("ATS_PAT_LOG", "trace"),
        (
            "ATS_PAT_TRACES_HEADERS",
            "Authorization: Bearer collector-canary",
        ),
    ]);
    let server = &traced.server;
    let link = server.setup_link.clone().unwrap();
    let (_, code) = link.split_once('#').unwrap();
    let client = traced.ada().await;
    client.post("/setup", &json!({"Code": code})).await;
    let wrong = json!({"UserName": "ada", "Password": WRONG});
    assert_eq!(client.post("/api/session", &wrong).await.0, 401);
    let session = session_of(server).await;
    let operator_key = audit_key(traced.folder.path());
    let person = json!({"UserName": "canary-user", "Email": EMAIL, "Password": PASSWORD});
    let (status, person) = client.post("/api/administration/users", &person).await;
    assert_eq!(status, 201, "{person}");
    let person = text(&person["Data"]["Id"]);
    let expires_at = in_seconds(86_400);
    let form = json!({"Name": "canary-token", "Description": "canary-description", "ExpiresAt": expires_at});
    let created = client.post("/api/personalaccesstoken", &form).await.1;
    let id = text(&created["Data"]["Token"]["Id"]);
    let secret = text(&created["Data"]["Secret"]);
    let bearer = text(&client.exchange(&secret).await.1["Data"]);
    client.identity(&bearer).await;
    client.identity(&operator_key).await;
    let events = "/api/administration/events";
    let authorization = format!("Bearer {operator_key}");
    send(server, events, &[("Authorization", &*authorization)]).await;
    paste_everywhere(server, &client, &secret, [EMAIL, ADDRESS]).await;
    let path = format!("/api/personalaccesstoken/{id}/regenerate");
    let newer = text(&client.post(&path, &json!({})).await.1["Data"]["Secret"]);
    client.exchange(&secret).await;
    client.revoke_as_holder(&newer).await;
    let key = traced.folder.path().join("data/master.key");
    let master_key = std::fs::read_to_string(key).unwrap();
    let collector = traced.collector;
    traced.server.stop();

    let spans = collector.spans();
    assert!(spans.len() > 100, "{}", spans.len());
    for span in &spans {
        assert_eq!((span.events_and_links, span.trace_state.as_str()), (0, ""));
        for (name, _) in &span.attributes {
            assert!(ATTRIBUTES.contains(&name.as_str()), "{span:#?}");
        }
    }
    let requests = collector.requests();
    let exported: Vec<String> = requests
        .iter()
        .map(|it| String::from_utf8_lossy(&it.body).into_owned())
        .collect();
    for (name, canary) in [
        ("set-up code", code),
        ("password", PASSWORD),
        ("wrong password", WRONG),
        ("e-mail", EMAIL),
        ("address", ADDRESS),
        ("own address", "127.0.0.1"),
        ("operator key", &operator_key),
        ("session", &session),
        ("secret", &secret),
        ("secret without its prefix", &secret[7..]),
        ("newer secret", &newer),
        ("authentication token", &bearer),
        ("id of a token", &id),
        ("id of a user", &person),
        ("name of a user", "canary-user"),
        ("name of a token", "canary-token"),
        ("description", "canary-description"),
        ("header for the collector", "collector-canary"),
        ("master key", master_key.lines().next().unwrap()),
    ] {
        assert!(canary.len() > 8, "{name}");
        assert!(!exported.iter().any(|body| body.contains(canary)), "{name}");
    }
    // Only the collector gets its secret.
    for request in &requests {
        assert!(request.head.starts_with("POST /v1/traces HTTP/1.1\r\n"));
        let head = request.head.to_ascii_lowercase();
        assert!(head.contains("authorization: bearer collector-canary\r\n"));
        assert!(head.contains("content-type: application/x-protobuf\r\n"));
    }
}

#[tokio::test]
async fn while_the_collector_is_away_requests_are_answered_and_what_is_lost_is_counted() {
    let endpoint = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(
        folder.path(),
        &[
            ("ATS_PAT_TRACES_ENDPOINT", &endpoint),
            ("ATS_PAT_TRACES_RATIO", "1"),
            ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0"),
        ],
    );
    let series = "ats_pat_trace_spans_total{result=\"dropped\"}";
    let mut dropped = 0;
    // Two batches, so that the second one could be told of, too.
    for _ in 0..2 {
        let before = dropped;
        while dropped == before {
            assert_eq!(send(&server, "/health/live", &[]).await, 200);
            dropped = metric(&server, series).await;
        }
    }
    assert_eq!(
        metric(&server, "ats_pat_trace_spans_total{result=\"exported\"}").await,
        0
    );
    let log = server.stop();
    let told = log.lines().filter(|line| line.contains("collector"));
    let told: Vec<&str> = told.collect();
    assert!(
        told.len() <= 2 && told[0].contains("can't be reached"),
        "{log}"
    );
    assert!(
        told[1..]
            .iter()
            .all(|line| line.contains("the last traces")),
        "{log}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_asked_to_makes_no_traces() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(
        folder.path(),
        &[
            ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
            ("ATS_PAT_TRACES_RATIO", "1"),
            ("ATS_PAT_LOG", "trace"),
        ],
    );
    let parent = traceparent(&trace(7), "01");
    assert_eq!(
        send(&server, "/health/live", &[("traceparent", &*parent)]).await,
        200
    );
    let log = server.stop();
    assert!(log.contains(" access: "), "{log}");
    assert!(
        !log.contains("trace_id") && !log.contains(&trace(7)),
        "{log}"
    );
}

/// The id of a session of Ada's, which is the cookie of it.
async fn session_of(server: &Server) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let body: Value = json!({"UserName": "ada", "Password": PASSWORD});
    let signed_in = http.post(format!("{}/api/session", server.url)).json(&body);
    let signed_in = signed_in.send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

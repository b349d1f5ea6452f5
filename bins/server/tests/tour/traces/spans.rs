//! Which spans a request has, and what they say.

use ats_pat_test_support::collector::{Span, value_of};
use serde_json::json;

use super::scene::{CALLER, EXCHANGE, Traced, metric, of_trace, send, trace, traceparent};
use crate::support::text;

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

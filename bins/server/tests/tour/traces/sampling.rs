//! Which requests are traced, and in whose trace.

use ats_pat_test_support::collector::Span;
use tempfile::TempDir;

use super::scene::{CALLER, Traced, of_trace, send, trace, traceparent};
use crate::support::Server;

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

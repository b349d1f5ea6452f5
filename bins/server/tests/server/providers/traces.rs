//! The trace of a sign-in at a provider.

use ats_pat_test_support::collector::Collector;
use ats_pat_test_support::provider::TOKEN;
use reqwest::StatusCode;
use rustix::process::Signal;

use super::company::{ACCESS_TOKEN, Browser, Company};

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_has_the_requests_to_the_provider_and_the_provider_learns_nothing_of_it() {
    let collector = Collector::start();
    let settings = format!(
        "traces-endpoint = '{}'\ntraces-ratio = 1",
        collector.endpoint
    );
    let company = Company::new(&settings).await;
    let mut browser = Browser::default();
    let begun = browser.begin(&company, "/signin/corp").await;
    company.answers(&begun, |_| {});
    let back = browser.come_back(&company, &begun).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let asked = company.corp.received(TOKEN);
    assert_eq!(asked.len(), 1);
    for header in ["traceparent", "tracestate", "baggage"] {
        assert!(!asked[0].headers.contains_key(header), "{header}");
    }
    let issuer = company.corp.issuer.clone();
    let (status, _, log) = company.server.stop(Signal::INT);
    assert!(status.success(), "{log}");

    let spans = collector.spans();
    let request = "GET /signin/{id}/callback";
    let request = spans.iter().find(|span| span.name == request);
    let request = request.unwrap_or_else(|| panic!("{spans:#?}"));
    let inside = |span: &&_| is_inside(span, request, &spans);
    let to_provider: Vec<_> = spans
        .iter()
        .filter(|span| span.attribute("server.address").is_some())
        .filter(inside)
        .collect();
    assert!(!to_provider.is_empty(), "{spans:#?}");
    for span in to_provider {
        assert_eq!(span.kind, 3);
        let (address, port) = ("server.address", "server.port");
        let place = (span.attribute(address), span.attribute(port));
        let (host, at) = issuer
            .strip_prefix("http://")
            .unwrap()
            .split_once(':')
            .unwrap();
        assert_eq!(place, (Some(host), at.split('/').next()), "{issuer}");
        assert_eq!(span.attribute("http.response.status_code"), Some("200"));
    }
    let exported: Vec<u8> = collector
        .requests()
        .into_iter()
        .flat_map(|it| it.body)
        .collect();
    let exported = String::from_utf8_lossy(&exported);
    for canary in [
        ACCESS_TOKEN,
        begun.query["state"].as_str(),
        begun.query["nonce"].as_str(),
        "ada@example.com",
        "Ada Lovelace",
        "builders",
    ] {
        assert!(!exported.contains(canary), "{canary}");
    }
}

type Span = ats_pat_test_support::collector::Span;

fn is_inside(span: &Span, around: &Span, all: &[Span]) -> bool {
    let mut id = &span.parent;
    loop {
        if *id == around.id {
            return true;
        }
        match all.iter().find(|other| other.id == *id) {
            Some(parent) => id = &parent.parent,
            None => return false,
        }
    }
}

//! The collector is away.

use std::net::TcpListener;

use tempfile::TempDir;

use super::scene::{metric, send};
use crate::support::Server;

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

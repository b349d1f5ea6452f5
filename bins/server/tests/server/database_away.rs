//! A database that does not answer when the server starts.

use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::{TestDatabase, on_every_server};
use rustix::process::Signal;

use crate::process::Folder;

/// Nobody listens there.
const NOWHERE: &str = "postgres://ats:s3cret@127.0.0.1:1/ats";

#[on_every_server(flavor = "multi_thread")]
async fn a_server_waits_for_its_database_and_then_serves(database: &TestDatabase) {
    let (proxy, url) = Proxy::before(database.url()).await;
    proxy.arm(Fault::Unreachable);
    let folder = Folder::empty();
    let mut server = folder.start(&[("ATS_PAT_DATABASE_URL", &url)]);
    let server = tokio::task::spawn_blocking(move || {
        let line = server.logs("trying again");
        assert!(line.contains("can't be reached"), "{line}");
        server
    });
    let mut server = server.await.unwrap();
    proxy.arm(Fault::None);
    let server = tokio::task::spawn_blocking(move || {
        server.logs("listening");
        server
    });
    let server = server.await.unwrap();
    server.signal(Signal::TERM);
    let ended = tokio::task::spawn_blocking(move || server.ended());
    let (code, log) = ended.await.unwrap();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn a_server_that_waited_too_long_says_why_it_ends() {
    let folder = Folder::empty();
    let mut server = folder.start(&[
        ("ATS_PAT_DATABASE_URL", NOWHERE),
        ("ATS_PAT_START_PATIENCE_SECONDS", "1"),
    ]);
    server.logs("trying again");
    let (code, log) = server.ended();
    assert_eq!(code, Some(1));
    let reason = log.lines().last().unwrap();
    assert!(
        reason.starts_with("error: the database server at 127.0.0.1:1 can't be reached"),
        "{log}"
    );
    assert!(!log.contains("s3cret"), "{log}");
    assert!(folder.left_on_disk().is_empty());
}

#[test]
fn a_server_that_waits_for_its_database_can_be_stopped() {
    let folder = Folder::empty();
    let mut server = folder.start(&[("ATS_PAT_DATABASE_URL", NOWHERE)]);
    server.logs("trying again");
    server.signal(Signal::TERM);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(folder.left_on_disk().is_empty());
}

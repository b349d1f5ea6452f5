//! A server that is asked to end while balancers still send it callers.

use rustix::process::Signal;

use crate::process::{Folder, Server};
use crate::start::{assert_answered, under_way};

/// Far longer than any test, so that only a signal can end the wait.
const LONG: (&str, &str) = ("ATS_PAT_DRAIN_SECONDS", "3600");
const OPERATIONS: (&str, &str) = ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0");

/// A server that was asked to end by SIGTERM, once it says so. It doesn't end by itself.
fn draining(folder: &Folder) -> Server {
    let server = folder.serve_with(&[], &[LONG, OPERATIONS]);
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 200"));
    server.signal(Signal::TERM);
    while server.get("/health/ready").starts_with("HTTP/1.1 200") {
        std::thread::yield_now();
    }
    server
}

#[test]
fn a_server_that_is_asked_to_end_is_not_ready_and_serves_on() {
    let folder = Folder::empty();
    let server = draining(&folder);
    for answer in [
        server.get("/health/ready"),
        server.get_from_operations("/health/ready"),
    ] {
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("\nending: failing: "), "{answer}");
    }
    for answer in [
        server.get("/health/live"),
        server.get("/signin"),
        server.get_from_operations("/health/live"),
    ] {
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(!answer.contains("\nending: "), "{answer}");
    }
    let (status, _, log) = server.stop(Signal::INT);
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_second_request_to_end_skips_the_wait_and_cuts_off_nobody() {
    for second in [Signal::TERM, Signal::INT] {
        let folder = Folder::empty();
        let server = draining(&folder);
        let mut request = under_way(&server);
        server.signal(second);
        server.closes();
        assert_answered(&mut request);
        let (status, _, log) = server.ended();
        assert_eq!(status.code(), Some(0), "{log}");
    }
}

#[test]
fn sigint_ends_a_server_without_the_wait() {
    let folder = Folder::empty();
    let server = folder.serve_with(&[], &[LONG]);
    let (status, _, log) = server.stop(Signal::INT);
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn the_wait_ends_by_itself() {
    let folder = Folder::empty();
    let server = folder.serve_with(&[], &[("ATS_PAT_DRAIN_SECONDS", "1")]);
    let (status, _, log) = server.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("seconds=1"), "{log}");
}

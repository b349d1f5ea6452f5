use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::process::{Folder, Server};

fn set_up_link(server: &Server) -> Option<&str> {
    server
        .said
        .iter()
        .find_map(|line| line.strip_prefix("set-up link: "))
}

/// A sign-in whose body is not sent yet, once the server waits for it.
pub fn under_way(server: &Server) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "POST /api/session HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        server.address
    )
    .unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    stream
}

/// Sends the rest of such a request, and asserts that it is answered.
pub fn assert_answered(request: &mut BufReader<TcpStream>) {
    request.get_mut().write_all(b"{}").unwrap();
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 400 "), "{answer}");
}

#[test]
fn a_first_start_makes_files_that_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 200"));
    let mode = |name: &str| {
        std::fs::metadata(folder.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("ats-pat-data"), 0o700);
    assert_eq!(mode("ats-pat-data/master.key"), 0o600);
    assert_eq!(mode("ats-pat-data/ats-pat.db"), 0o600);
    server.kill();
}

#[test]
fn each_start_without_an_administrator_prints_one_new_link_and_never_logs_it() {
    let folder = Folder::empty();
    let mut links = Vec::new();
    for _ in 0..2 {
        let server = folder.serve(&[]);
        let link = set_up_link(&server).unwrap().to_owned();
        let code = link
            .strip_prefix(&format!("http://{}/setup#", server.address))
            .unwrap()
            .to_owned();
        assert_eq!(server.said.len(), 2, "{:?}", server.said);
        let (status, said, log) = server.stop(Signal::TERM);
        assert!(status.success());
        assert_eq!(said, "");
        assert!(!log.contains(&code));
        links.push(code);
    }
    assert_ne!(links[0], links[1]);
}

#[test]
fn the_link_names_the_public_url() {
    let server = Folder::empty().serve(&["--public-url", "https://Pat.Example.com/"]);
    assert!(
        set_up_link(&server)
            .unwrap()
            .starts_with("https://pat.example.com/setup#")
    );
}

#[test]
fn a_signal_ends_the_server_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = Folder::empty();
        let server = folder.serve(&[]);
        let (status, _, log) = server.stop(signal);
        assert_eq!(status.code(), Some(0), "{log}");
        // Everything is in the database file, and no write-ahead log is left.
        let left = folder.left_on_disk();
        assert_eq!(
            left,
            [
                "ats-pat-data",
                "ats-pat-data/anchor",
                "ats-pat-data/ats-pat.db",
                "ats-pat-data/ats-pat.db.lock",
                "ats-pat-data/checkpoint",
                "ats-pat-data/master.key"
            ],
        );
    }
}

#[test]
fn a_connection_to_any_core_is_served() {
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    // So many that every core gets some.
    for _ in 0..64 {
        let answer = server.get("/health/live");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[test]
fn a_second_server_does_not_share_the_port_of_the_first() {
    let first = Folder::empty();
    let first = first.serve(&[]);
    let reason = Folder::empty().refusal(1, &["--listen", &first.address], &[]);
    assert!(reason.contains("another program listens"), "{reason}");
}

#[test]
fn requests_under_way_are_answered_before_the_server_ends() {
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    let mut requests: Vec<_> = (0..16).map(|_| under_way(&server)).collect();
    server.signal(Signal::TERM);
    server.closes();
    requests.iter_mut().for_each(assert_answered);
    let (status, _, log) = server.ended();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    let mut request = under_way(&server);
    server.signal(Signal::TERM);
    server.closes();
    server.signal(Signal::INT);
    let (status, _, log) = server.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    let mut answer = String::new();
    // The system decides whether it ends with or without an error.
    let _ = request.read_to_string(&mut answer);
    assert!(!answer.contains("HTTP"), "{answer}");
}

#[test]
fn signals_of_terminals_and_of_log_rotation_end_nothing() {
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    let mut request = under_way(&server);
    let signals = [
        (Signal::HUP, "SIGHUP"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::USR2, "SIGUSR2"),
    ];
    for (signal, _) in signals {
        server.signal(signal);
    }
    request.get_mut().write_all(b"{}").unwrap();
    let mut line = String::new();
    while line.trim().is_empty() {
        line.clear();
        request.read_line(&mut line).unwrap();
    }
    assert!(line.starts_with("HTTP/1.1 400"), "{line}");
    drop(request);
    let (status, _, log) = server.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{log}");
    for (_, name) in signals {
        assert!(log.contains(name), "{log}");
    }
}

#[test]
fn a_killed_server_starts_again_without_its_lock() {
    let folder = Folder::empty();
    folder.serve(&[]).kill();
    let (status, _, _) = folder.serve(&[]).stop(Signal::TERM);
    assert!(status.success());
}

#[test]
fn the_log_can_be_json() {
    let folder = Folder::empty();
    std::fs::write(folder.path("ats.toml"), "log-format = 'json'").unwrap();
    let (_, _, log) = folder.serve(&["--config", "ats.toml"]).stop(Signal::TERM);
    assert!(!log.is_empty());
    assert!(
        log.lines()
            .all(|line| line.starts_with('{') && line.ends_with('}')),
        "{log}"
    );
}

#[test]
fn an_untrusted_proxy_is_logged_once() {
    let folder = Folder::empty();
    let server = folder.serve(&[]);
    for _ in 0..3 {
        let answer = server.get_with("/health/live", "X-Forwarded-For: 198.51.100.7\r\n");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let (status, _, log) = server.stop(Signal::TERM);
    assert!(status.success());
    let told: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("X-Forwarded-For"))
        .collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(
        told[0].contains("`trusted-proxies`") && told[0].contains("127.0.0.1"),
        "{log}"
    );
}

#[test]
fn a_server_that_may_open_too_few_files_says_so_and_serves() {
    let folder = Folder::empty();
    let server = folder.serve_with_open_files(200);
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 200"));
    let (status, _, log) = server.stop(Signal::TERM);
    assert!(status.success());
    let told = log.lines().find(|line| line.contains("open too few files"));
    assert!(
        told.is_some_and(|line| line.contains("ulimit -Hn")),
        "{log}"
    );
}

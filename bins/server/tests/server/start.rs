use rustix::process::Signal;

use crate::process::{Folder, Server};

fn set_up_link(server: &Server) -> Option<&str> {
    server
        .said
        .iter()
        .find_map(|line| line.strip_prefix("set-up link: "))
}

#[test]
fn a_first_start_makes_what_it_needs_for_its_owner_alone() {
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
        // Everything is in the database file: no write-ahead log is left.
        let left = folder.left_on_disk();
        assert_eq!(
            left,
            [
                "ats-pat-data",
                "ats-pat-data/anchor",
                "ats-pat-data/ats-pat.db",
                "ats-pat-data/ats-pat.db.lock",
                "ats-pat-data/master.key"
            ],
        );
    }
}

#[test]
fn a_killed_server_starts_again_and_its_lock_is_gone() {
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

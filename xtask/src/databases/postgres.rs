//! Starts a private PostgreSQL server.

use std::path::PathBuf;

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::folder::{Folder, password};
use super::instance::{Instance, Server, prepare};
use super::{account, durability::Durability};
use crate::process::Signals;

/// Where the tests find its URL.
pub const VARIABLE: &str = "ATS_PAT_TEST_POSTGRES_URL";

const USER: &str = "ats_pat_test";
/// For data that does not matter.
const FORGETFUL: [&str; 3] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];
/// Many tests connect at once.
const SETTINGS: [&str; 4] = [
    "max_connections=400",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "wal_level=replica",
];

/// The folder with the newest server's programs, which Debian doesn't put into the search path.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .max();
    newest.map(|(_, programs)| programs)
}

/// Starts one inside `folder`.
pub fn start(folder: &Folder, durability: Durability, signals: &Signals) -> Result<Instance> {
    let programs = programs().context("PostgreSQL's programs are not under /usr/lib/postgresql")?;
    let (data, log) = (folder.join("postgres"), folder.join("postgres.log"));
    let password = password()?;
    let password_file = folder.write("postgres.password", &password)?;
    let mut init = account::command(&programs.join("initdb"), "KILL");
    // "password" asks for it unencrypted. On the loopback address that does no harm. The tests
    // connect hundreds of times, and each would need a costly derivation in an unoptimised build.
    init.args([
        "--no-sync",
        "--no-instructions",
        "--encoding=UTF8",
        "--locale=C",
        "--auth=password",
    ])
    .arg(format!("--username={USER}"))
    .arg(format!("--pwfile={}", password_file.display()))
    .arg(format!("--pgdata={}", data.display()));
    prepare(&mut init, &log, signals)?;

    let serve = |port: u16| {
        // QUIT is its immediate shutdown.
        let mut command = account::command(&programs.join("postgres"), "QUIT");
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        let forgetful = FORGETFUL.iter().filter(|_| durability == Durability::None);
        for setting in SETTINGS.iter().chain(forgetful) {
            command.args(["-c", setting]);
        }
        command
    };
    let url = |port: u16| format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres");
    let probe = |port: u16| {
        let mut command = account::command(&programs.join("psql"), "KILL");
        command.args(["--no-psqlrc", "--command=SELECT 1", "--dbname", &url(port)]);
        command
    };
    let server = Server {
        name: "PostgreSQL",
        log,
        stop: Signal::QUIT,
        url: &url,
        serve: &serve,
        probe: &probe,
    };
    Instance::start(&server, signals)
}

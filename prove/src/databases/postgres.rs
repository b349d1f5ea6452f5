//! A private PostgreSQL with small files.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::memory::Memory;
use super::server::DATABASE;
use super::{Client, Server, account};
use crate::program::finish;
use crate::signals::Signals;

const USER: &str = "ats_pat_prove";
/// Durable, with checkpoints as often as possible.
const SETTINGS: [&str; 10] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_buffers=16MB",
    "min_wal_size=2MB",
    "max_wal_size=4MB",
    "checkpoint_timeout=30s",
    "fsync=on",
    "synchronous_commit=on",
    "log_checkpoints=on",
];

/// They take the place of those above.
const PLENTY: [&str; 3] = [
    "shared_buffers=1GB",
    "max_wal_size=2GB",
    "checkpoint_timeout=5min",
];

/// Makes one with its data in `folder` and its log in `work`.
pub fn make(folder: &Path, work: &Path, memory: Memory, signals: &Signals) -> Result<Server> {
    signals.check()?;
    let programs = programs().context("PostgreSQL's programs are missing: install postgresql")?;
    account::folder(folder)?;
    let mut init = account::command(&programs.join("initdb"));
    init.args(["--no-sync", "--no-instructions", "--encoding=UTF8"])
        // Only this machine's accounts can reach it, and it runs for a minute.
        .args(["--locale=C", "--auth=trust", "--wal-segsize=1"])
        .arg(format!("--username={USER}"))
        .arg(format!("--pgdata={}", folder.display()));
    let ending = finish(&mut init, "")?;
    if !ending.status.success() {
        bail!("initdb failed: {}", ending.errors);
    }
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let url = |database: &str| format!("postgres://{USER}@127.0.0.1:{port}/{database}");
    let (server, data) = (programs.join("postgres"), folder.to_owned());
    let command = move || {
        let mut command = account::command(&server);
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        let more: &[_] = match memory {
            Memory::Little => &[],
            Memory::Plenty => &PLENTY,
        };
        for setting in SETTINGS.iter().chain(more) {
            command.args(["-c", setting]);
        }
        command
    };
    let client = Client::Postgres(programs.join("psql"), url("postgres"));
    let log = work.join("postgres.log");
    Ok(Server::new(Box::new(command), log, client, url(DATABASE)))
}

/// The path of the client program.
pub fn psql() -> Result<PathBuf> {
    let programs = programs().context("PostgreSQL's programs are missing: install postgresql")?;
    Ok(programs.join("psql"))
}

/// The folder with the newest server's programs, which Debian doesn't put into the search path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let newest = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse::<u32>().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .max();
    newest.map(|(_, programs)| programs)
}

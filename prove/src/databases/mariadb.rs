//! A private MariaDB with small files.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::{Result, bail};

use super::memory::Memory;
use super::server::DATABASE;
use super::{Client, Server, account};
use crate::program::finish;
use crate::signals::Signals;

/// Debian doesn't put it into the search path.
const PROGRAM: &str = "/usr/sbin/mariadbd";
const USER: &str = "ats_pat_prove";
/// Durable, and without the kernel's asynchronous input and output, which libfiu can't see.
const SETTINGS: [&str; 12] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--max-connections=100",
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=24M",
    "--innodb-use-native-aio=0",
    "--innodb-flush-method=fsync",
    "--innodb-flush-log-at-trx-commit=1",
    // Relative to the data folder, because the path of a socket can have at most 107 bytes.
    "--socket=server.sock",
    "--pid-file=server.pid",
    "--skip-stack-trace",
];

/// They take the place of those above.
const PLENTY: [&str; 2] = ["--innodb-log-file-size=1G", "--innodb-buffer-pool-size=1G"];

/// Makes one with its data in `folder` and its log in `work`.
pub fn make(folder: &Path, work: &Path, memory: Memory, signals: &Signals) -> Result<Server> {
    signals.check()?;
    account::folder(folder)?;
    let mut init = account::command(Path::new("mariadb-install-db"));
    init.args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
        .args([
            "--auth-root-authentication-method=socket",
            "--innodb-log-file-size=4M",
        ])
        .arg(format!("--datadir={}", folder.display()));
    let ending = finish(&mut init, "")?;
    if !ending.status.success() {
        bail!("mariadb-install-db failed: {}", ending.errors);
    }
    // Only this machine's accounts can reach it, and it runs for a minute.
    let accounts = format!(
        "FLUSH PRIVILEGES;\n\
         CREATE USER '{USER}'@'%' IDENTIFIED BY '{USER}';\n\
         GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%';\n"
    );
    let mut bootstrap = account::command(Path::new(PROGRAM));
    bootstrap
        .args(["--no-defaults", "--bootstrap", "--innodb-log-file-size=4M"])
        .arg(format!("--datadir={}", folder.display()));
    let ending = finish(&mut bootstrap, &accounts)?;
    if !ending.status.success() {
        bail!("mariadbd --bootstrap failed: {}", ending.errors);
    }
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let url = |database: &str| format!("mysql://{USER}:{USER}@127.0.0.1:{port}/{database}");
    let data = folder.to_owned();
    let command = move || {
        let mut command = account::command(Path::new(PROGRAM));
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--port={port}"))
            .args(SETTINGS);
        if let Memory::Plenty = memory {
            command.args(PLENTY);
        }
        command
    };
    let client = Client::Mariadb(url("mysql"));
    let log = work.join("mariadb.log");
    Ok(Server::new(Box::new(command), log, client, url(DATABASE)))
}

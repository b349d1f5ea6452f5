//! Starts a private MariaDB server.

use std::path::Path;

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::folder::{Folder, password};
use super::instance::{Instance, Server, prepare};
use super::{account, durability::Durability};
use crate::apt;
use crate::process::Signals;

/// Where the tests find its URL.
pub const VARIABLE: &str = "ATS_PAT_TEST_MARIADB_URL";

const USER: &str = "ats_pat_test";
/// For data that does not matter.
const FORGETFUL: [&str; 3] = [
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
];
/// Many tests connect at once. Otherwise these are the server's own defaults, so that the service
/// must ask for what it needs.
const SETTINGS: [&str; 7] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--max-connections=400",
    "--innodb-log-file-size=64M",
    // Relative to the data folder, because the path of a socket can have at most 107 bytes.
    "--socket=server.sock",
    "--pid-file=server.pid",
];

/// Starts one inside `folder`.
pub fn start(folder: &Folder, durability: Durability, signals: &Signals) -> Result<Instance> {
    let node = Node {
        name: "mariadb",
        durability,
        password: &password()?,
        settings: &[],
        makes_account: true,
    };
    node.start(folder, signals)
}

/// One server, alone or in a cluster.
pub struct Node<'a> {
    /// The name of its files.
    pub name: &'a str,
    /// How it prepares for a loss of power.
    pub durability: Durability,
    /// The password of the tests' account.
    pub password: &'a str,
    /// Settings in addition to those of every server.
    pub settings: &'a [String],
    /// Whether it makes the tests' account.
    pub makes_account: bool,
}

impl Node<'_> {
    /// Starts it inside `folder`.
    pub fn start(&self, folder: &Folder, signals: &Signals) -> Result<Instance> {
        let find = |program| apt::find(program).with_context(|| format!("{program} is missing"));
        let (server, client) = (find("mariadbd")?, find("mariadb")?);
        let data = folder.join(self.name);
        let log = folder.join(&format!("{}.log", self.name));
        let in_data = |program: &Path, death_signal: &str| {
            let mut command = account::command(program, death_signal);
            // By its own rule, this must be the first option. Without it, the machine's settings
            // would count.
            command.arg("--no-defaults");
            command
        };
        let mut init = in_data(&find("mariadb-install-db")?, "KILL");
        init.args([
            "--skip-test-db",
            "--auth-root-authentication-method=socket",
            "--skip-name-resolve",
        ])
        .arg(format!("--datadir={}", data.display()));
        prepare(&mut init, &log, signals)?;

        let password = self.password;
        let account = folder.write(
            &format!("{}.sql", self.name),
            &format!(
                "CREATE USER '{USER}'@'%' IDENTIFIED BY '{password}';\n\
                 GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
            ),
        )?;
        let serve = |port: u16| {
            let mut command = in_data(&server, "KILL");
            command
                .arg(format!("--datadir={}", data.display()))
                .arg(format!("--port={port}"))
                .args(SETTINGS)
                .args(self.settings);
            if self.durability == Durability::None {
                command.args(FORGETFUL);
            }
            if self.makes_account {
                command.arg(format!("--init-file={}", account.display()));
            }
            command
        };
        let url = |port: u16| format!("mysql://{USER}:{password}@127.0.0.1:{port}/mysql");
        let probe = |port: u16| {
            let mut command = in_data(&client, "KILL");
            command
                .args(["--protocol=tcp", "--host=127.0.0.1", "--execute=SELECT 1"])
                .arg(format!("--user={USER}"))
                .arg(format!("--port={port}"))
                .env("MYSQL_PWD", password);
            command
        };
        let server = Server {
            name: "MariaDB",
            log,
            stop: Signal::KILL,
            url: &url,
            serve: &serve,
            probe: &probe,
        };
        Instance::start(&server, signals)
    }
}

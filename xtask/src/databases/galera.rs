//! A private Galera cluster: three MariaDB servers. All of them are writable.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::durability::Durability;
use super::folder::{Folder, password};
use super::instance::Instance;
use super::mariadb::Node;
use crate::process::Signals;

/// The variable with the URLs for the tests, separated by commas.
pub const VARIABLE: &str = "ATS_PAT_TEST_GALERA_URLS";
/// The variable with the facts that `prove` needs to stop nodes and to start them again: one node
/// on a line.
pub const NODES_VARIABLE: &str = "ATS_PAT_TEST_GALERA_NODES";
/// The library of Debian's `galera-4`.
pub const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";

const NODES: usize = 3;
/// The ports that a node needs in addition to its port for clients: group communication,
/// incremental and full state transfer.
const PORTS: u16 = 4;
/// The lowest port. It is below the range from which the kernel chooses ports (32768 and above), so
/// that a node that is killed and restarted finds its own ports free.
const LOWEST_PORT: u16 = 20_000;
const ROWS: u32 = 3_000;
/// A larger distance than the nodes of one run need.
const NODES_A_RUN: u32 = 7;
/// How many rows of ports are tried.
const TRIES: u32 = 100;

/// Starts one inside `folder`, node by node.
pub fn start(folder: &Folder, durability: Durability, signals: &Signals) -> Result<Vec<Instance>> {
    if !Path::new(PROVIDER).exists() {
        bail!("{PROVIDER} is missing: install galera-4, or leave Galera out by `--database`");
    }
    let password = password()?;
    let mut ports: Vec<u16> = Vec::new();
    let mut nodes = Vec::new();
    for number in 1..=NODES {
        let first_port = free_ports()?;
        let others: Vec<_> = ports
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect();
        let name = format!("galera-{number}");
        let settings = settings(&name, first_port, &others);
        let node = Node {
            name: &name,
            durability,
            password: &password,
            settings: &settings,
            // The others get the account together with all data.
            makes_account: number == 1,
        };
        let instance = node.start(folder, signals);
        nodes.push(instance.with_context(|| format!("{name} did not join"))?);
        ports.push(first_port);
    }
    Ok(nodes)
}

fn settings(name: &str, first_port: u16, others: &[String]) -> Vec<String> {
    let [ist, sst] = [first_port + 1, first_port + 3];
    vec![
        "--wsrep-on=ON".to_owned(),
        format!("--wsrep-provider={PROVIDER}"),
        format!("--wsrep-node-name={name}"),
        format!("--wsrep-cluster-address=gcomm://{}", others.join(",")),
        format!("--wsrep-node-address=127.0.0.1:{first_port}"),
        "--wsrep-sst-method=rsync".to_owned(),
        format!("--wsrep-sst-receive-address=127.0.0.1:{sst}"),
        format!(
            "--wsrep-provider-options=base_port={first_port};gmcast.listen_addr=tcp://127.0.0.1:{first_port};\
             ist.recv_addr=127.0.0.1:{ist}"
        ),
        "--binlog-format=ROW".to_owned(),
        "--innodb-autoinc-lock-mode=2".to_owned(),
    ]
}

/// The first of a row of ports that are free now.
fn free_ports() -> Result<u16> {
    // Two runs at the same time begin their search at different ports.
    let begin = std::process::id().wrapping_mul(NODES_A_RUN) % ROWS;
    for offset in 0..TRIES {
        let row = (begin + offset) % ROWS;
        let first = LOWEST_PORT + u16::try_from(row)? * PORTS;
        let bound =
            (first..first + PORTS).map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
        if bound.collect::<std::io::Result<Vec<_>>>().is_ok() {
            return Ok(first);
        }
    }
    bail!("there are no {PORTS} free ports in a row above {LOWEST_PORT}")
}

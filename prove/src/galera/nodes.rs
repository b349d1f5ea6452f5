//! The nodes of a cluster that another program started. They are queried, stopped, cut off, killed
//! and started again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::clock::wait_for;
use crate::databases::Client;
use crate::program::Program;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// A node that was away may get a complete copy of the data.
const REJOIN: Duration = Duration::from_mins(5);
/// After this time, an operator would start a node again.
const PATIENCE: Duration = Duration::from_mins(1);
const GONE: Duration = Duration::from_secs(10);
/// The setting by which a node finds the others. Without other nodes in it, it begins a new
/// cluster.
const ADDRESS: &str = "--wsrep-cluster-address=";
/// Statements for the first start of the whole cluster only.
const INIT_FILE: &str = "--init-file=";
const NODE_ADDRESS: &str = "--wsrep-node-address=";

/// One node of the cluster.
pub struct Node {
    /// The URL of an administrative database on it.
    pub url: String,
    pid: Pid,
    /// The command that started it.
    words: Vec<String>,
    /// Its process, if this program has started it again.
    program: Option<Program>,
    log: PathBuf,
}

impl Node {
    /// A node from a line of `ATS_PAT_TEST_GALERA_NODES`: process id, URL and the words of its
    /// command, separated by tabs.
    pub fn parse(line: &str, log: PathBuf) -> Result<Self> {
        let mut parts = line.split('\t').map(ToOwned::to_owned);
        let pid = parts
            .next()
            .and_then(|pid| Pid::from_raw(pid.parse().ok()?));
        Ok(Self {
            pid: pid.context("a node without a process id")?,
            url: parts.next().context("a node without a URL")?,
            words: parts.collect(),
            program: None,
            log,
        })
    }

    /// The URL of another database on it.
    pub fn url_of(&self, database: &str) -> Result<String> {
        let (server, _) = self
            .url
            .rsplit_once('/')
            .context("a URL ends with a database")?;
        Ok(format!("{server}/{database}"))
    }

    /// A client for queries.
    pub fn client(&self) -> Client {
        Client::Mariadb(self.url.clone())
    }

    /// The address at which the others find it.
    fn address(&self) -> Option<&str> {
        self.words
            .iter()
            .find_map(|word| word.strip_prefix(NODE_ADDRESS))
    }

    /// Stops its process. The others notice after a while.
    pub fn suspend(&self) -> Result<()> {
        kill_process(self.pid, Signal::STOP).context("a node is gone")
    }

    /// Lets its process continue.
    pub fn resume(&self) -> Result<()> {
        kill_process(self.pid, Signal::CONT).context("a node is gone")
    }

    /// Cuts it off from its group, or lets it rejoin.
    pub fn isolate(&self, away: bool) -> Result<()> {
        let value = u8::from(away);
        let set = format!("SET GLOBAL wsrep_provider_options = 'gmcast.isolate={value}'");
        self.client().ask(&set).map(drop)
    }

    /// Kills it, like a loss of power.
    pub fn kill(&mut self, signals: &Signals) -> Result<()> {
        match kill_process(self.pid, Signal::KILL) {
            // It has ended by itself.
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => return Err(error).context("a node can't be killed"),
        }
        if let Some(program) = &mut self.program {
            program.kill()?;
        }
        wait_for("a killed node is gone", GONE, signals, || {
            Ok(has_ended(self.pid).then_some(()))
        })
    }

    /// Starts it again as a member of the cluster of `others`.
    pub fn start(&mut self, others: &[String]) -> Result<()> {
        let (program, arguments) = self
            .words
            .split_first()
            .context("a node without a command")?;
        let mut command = Command::new(program);
        for word in arguments {
            if !word.starts_with(ADDRESS) && !word.starts_with(INIT_FILE) {
                command.arg(word);
            }
        }
        command.arg(format!("{ADDRESS}gcomm://{}", others.join(",")));
        let program = Program::start(&mut command, &self.log)?;
        self.pid = program.pid();
        self.program = Some(program);
        Ok(())
    }

    /// The number of nodes that it sees, whether they are a majority, and its state. If it doesn't
    /// answer, the reason.
    fn state(&self) -> String {
        let status = "SELECT GROUP_CONCAT(variable_value ORDER BY variable_name) \
            FROM information_schema.global_status \
            WHERE variable_name IN ('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment')";
        self.client().ask(status).unwrap_or_else(|_| {
            let words = self.program.as_ref().map(Program::last_words);
            format!("no answer; {}", words.unwrap_or_default())
        })
    }

    /// Whether it takes part: synchronous and in the primary component of three.
    fn is_synced(&self) -> bool {
        self.state() == "3,Primary,Synced"
    }

    /// Whether it would take part if all the others did.
    fn is_with_the_majority(&self) -> bool {
        self.state().ends_with(",Primary,Synced")
    }
}

/// All nodes of the cluster.
pub struct Nodes(pub Vec<Node>);

impl Nodes {
    /// The nodes in the variable, one on a line.
    pub fn parse(text: &str, work: &Path) -> Result<Self> {
        let lines = text.lines().enumerate();
        let nodes =
            lines.map(|(number, line)| Node::parse(line, work.join(format!("node-{number}.log"))));
        let nodes: Vec<_> = nodes.collect::<Result<_>>()?;
        if nodes.len() < 3 {
            bail!("a cluster of three nodes is needed");
        }
        Ok(Self(nodes))
    }

    /// The addresses of all but one.
    pub fn others(&self, number: usize) -> Vec<String> {
        let nodes = self.0.iter().enumerate();
        nodes
            .filter(|(other, _)| *other != number)
            .filter_map(|(_, node)| node.address().map(ToOwned::to_owned))
            .collect()
    }

    /// Waits until every node takes part. A node that doesn't come back by itself is started again,
    /// as an operator would do, and counted.
    pub fn wait_until_synced(&mut self, tally: &Tally, signals: &Signals) -> Result<()> {
        if self.all_are_synced_within(PATIENCE, signals).is_ok() {
            return Ok(());
        }
        signals.check()?;
        for number in self.left_behind() {
            let node = &self.0[number];
            eprintln!(
                "Galera: node {} is started again: {}",
                number + 1,
                node.state()
            );
            tally.add(Count::StartedAgain);
            let others = self.others(number);
            let node = &mut self.0[number];
            node.kill(signals)?;
            node.start(&others)?;
        }
        self.all_are_synced_within(REJOIN, signals)
            .with_context(|| {
                let states: Vec<_> = self.0.iter().map(Node::state).collect();
                states.join("; ")
            })
    }

    fn all_are_synced_within(&self, patience: Duration, signals: &Signals) -> Result<()> {
        wait_for("every node takes part", patience, signals, || {
            Ok(self.0.iter().all(Node::is_synced).then_some(()))
        })
    }

    /// The nodes that are not with the majority. If there is no majority, the list is empty,
    /// because then no node may be killed.
    fn left_behind(&self) -> Vec<usize> {
        let behind = |number: &usize| !self.0[*number].is_with_the_majority();
        let behind: Vec<_> = (0..self.0.len()).filter(behind).collect();
        if behind.len() * 2 > self.0.len() {
            return Vec::new();
        }
        behind
    }
}

/// Whether a process has ended. Its parent may not have waited for it yet, because it is not a
/// child of this program.
fn has_ended(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.map_or(true, |stat| {
        let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
        state.is_some_and(|state| state.starts_with('Z'))
    })
}

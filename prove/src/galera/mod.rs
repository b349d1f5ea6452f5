//! Three servers on three nodes of a Galera cluster. Every node is written to.

mod faults;
mod nodes;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use fastrand::Rng;
use tempfile::TempDir;

use self::nodes::Nodes;
use crate::clock::{go_on, now, wait_for};
use crate::databases::Client;
use crate::health::readiness;
use crate::installation::Installation;
use crate::load::Load;
use crate::place::Place;
use crate::program::Program;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::{Count, Tally};
use crate::verify::verify;

/// The variable in which `cargo xtask prove` lists the nodes.
const NODES: &str = "ATS_PAT_TEST_GALERA_NODES";
/// Clients at each server.
const CLIENTS: usize = 4;
const MANY: u64 = 20_000;
/// The time between two comparisons of rows and events.
const ROUND: Duration = Duration::from_secs(10);
const RECOVERY: Duration = Duration::from_mins(1);
/// Limits without faults: answers with 503 per thousand changes, and the 99th percentile of their
/// time.
const MOST_REFUSED: u64 = 2;
const MOST_P99_MS: u64 = 500;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How long it is tried, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Stop, cut and kill nodes meanwhile
    #[arg(long)]
    faults: bool,
    /// Go on until 20,000 changes are acknowledged, without faults and then with them
    #[arg(long)]
    long: bool,
    /// The nodes, one on a line: process id, URL and command, separated by tabs
    #[arg(long, env = NODES, hide_env_values = true)]
    nodes: String,
}

/// Tries a service on a cluster whose nodes fail.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let work = TempDir::with_prefix("ats-pat-prove-")?;
    let mut nodes = Nodes::parse(&arguments.nodes, work.path())?;
    let mut rng = place.rng();
    let kinds: &[bool] = if arguments.long {
        &[false, true]
    } else {
        &[arguments.faults]
    };
    let mut trials = Vec::new();
    for has_faults in kinds {
        let name = if *has_faults {
            "with faults"
        } else {
            "no faults"
        };
        let database = format!("pat_{}", name.replace(' ', "_"));
        let mut bed = Bed::new(&database, &nodes, work.path(), place, signals)?;
        let mut load = Load::new(&bed.installations, CLIENTS, rng.fork())?;
        let outcome = if *has_faults {
            with_faults(arguments, &mut load, &mut nodes, &bed, signals)
        } else {
            without_faults(arguments, &mut load, &mut bed, signals)
        };
        signals.check()?;
        let wrong = outcome.and_then(|()| bed.last_look(&mut load, signals));
        trials.push(told(name, &load, *has_faults, wrong)?);
    }
    publish("galera", place.seed, &trials, &place.output("galera"))
}

/// Three servers with one database.
struct Bed {
    installations: Vec<Arc<Installation>>,
    client: Client,
    programs: Vec<Program>,
}

impl Bed {
    fn new(
        database: &str,
        nodes: &Nodes,
        work: &Path,
        place: &Place,
        signals: &Signals,
    ) -> Result<Self> {
        fs::create_dir_all(&place.output)?;
        let first = nodes.0.first().context("there are no nodes")?;
        first.client().ask(&format!("CREATE DATABASE {database}"))?;
        let mut installations: Vec<Arc<Installation>> = Vec::new();
        let mut running = Vec::new();
        for (number, node) in nodes.0.iter().enumerate() {
            let folder = work.join(format!("{database}-{number}"));
            // It is kept, because it explains the findings.
            let log = place.output.join(format!("galera-{database}-{number}.log"));
            let url = node.url_of(database)?;
            let installation = Installation::new(&place.programs, &folder, &log, Some(&url))?;
            // The first server makes the keys.
            if let Some(first) = installations.first() {
                installation.share_master_key(first)?;
            }
            running.push(installation.start(Vec::new(), signals)?);
            installations.push(Arc::new(installation));
        }
        Ok(Self {
            installations,
            client: Client::Mariadb(first.url_of(database)?),
            programs: running,
        })
    }

    /// Restarts every server between rounds of load. On new connections, statements are prepared
    /// first. In that case MariaDB doesn't report that another node's transaction has ended this
    /// one.
    fn restart(&mut self, signals: &Signals) -> Result<()> {
        for (installation, program) in self.installations.iter().zip(&mut self.programs) {
            program.kill()?;
            *program = installation.start(Vec::new(), signals)?;
        }
        Ok(())
    }

    fn wait_until_ready(&self, signals: &Signals) -> Result<()> {
        for installation in &self.installations {
            let at = installation.address();
            wait_for("every server is ready", RECOVERY, signals, || {
                Ok(readiness(at).is_ready.then_some(()))
            })
            .with_context(|| readiness(at).reason)?;
        }
        Ok(())
    }

    /// Compares the answers with the rows, and the rows with the events.
    fn look(&self, load: &mut Load, signals: &Signals) -> Result<()> {
        self.wait_until_ready(signals)?;
        load.audit(false)?;
        for wrong in verify(&self.installations[0], &self.client, None, load.tally())? {
            load.tally().violation(Count::Findings, &wrong);
        }
        Ok(())
    }

    fn last_look(&self, load: &mut Load, signals: &Signals) -> Result<Vec<String>> {
        self.wait_until_ready(signals)?;
        load.audit(true)?;
        let known = Some(load.known_tokens());
        verify(&self.installations[0], &self.client, known, load.tally())
    }
}

fn is_long_enough(arguments: &Arguments, begun: std::time::Instant, tally: &Tally) -> bool {
    if arguments.long {
        tally.get(Count::Acknowledged) >= MANY
    } else {
        now() - begun >= Duration::from_secs(arguments.seconds)
    }
}

fn progress(what: &str, tally: &Tally) {
    eprintln!(
        "Galera: {what}; {} changes, {} violations so far",
        tally.get(Count::Acknowledged),
        tally.violations().len()
    );
}

fn without_faults(
    arguments: &Arguments,
    load: &mut Load,
    bed: &mut Bed,
    signals: &Signals,
) -> Result<()> {
    let begun = now();
    while !is_long_enough(arguments, begun, load.tally()) {
        progress("load", load.tally());
        load.run(|tally| {
            tally.add(Count::Rounds);
            go_on(ROUND, signals, || Ok(()))
        })?;
        bed.look(load, signals)?;
        bed.restart(signals)?;
    }
    Ok(())
}

fn with_faults(
    arguments: &Arguments,
    load: &mut Load,
    nodes: &mut Nodes,
    bed: &Bed,
    signals: &Signals,
) -> Result<()> {
    let begun = now();
    let mut rng = Rng::with_seed(arguments.place.seed);
    for (turn, fault) in faults::ALL.iter().cycle().enumerate() {
        // Each kind has its turn in any case.
        if turn >= faults::ALL.len() && is_long_enough(arguments, begun, load.tally()) {
            break;
        }
        let number = rng.usize(..nodes.0.len());
        progress(&format!("node {} {fault}", number + 1), load.tally());
        load.run(|tally| {
            tally.add(Count::Rounds);
            fault.happen(number, nodes, tally, signals)
        })?;
        bed.look(load, signals)?;
    }
    Ok(())
}

fn told(name: &str, load: &Load, has_faults: bool, wrong: Result<Vec<String>>) -> Result<Trial> {
    let tally = load.tally();
    let mut trial = Trial::new(name, tally);
    let latencies = load.latencies()?;
    let quantile = |part| latencies.value_at_quantile(part) / 1000;
    let (p50, p99) = (quantile(0.5), quantile(0.99));
    let longest = latencies.max() / 1000;
    trial.note(format!(
        "{} changes answered: p50 {p50} ms, p99 {p99} ms, longest {longest} ms",
        latencies.len()
    ));
    if has_faults {
        let faults = [Count::Stopped, Count::Cut, Count::DatabaseEnds];
        let faults: u64 = faults.map(|count| tally.get(count)).iter().sum();
        trial.check(format!("nodes failed ({faults})"), faults > 0);
    } else {
        let refused = tally.get(Count::Refused);
        let most = latencies.len() * MOST_REFUSED / 1000;
        trial.check(
            format!(
                "at most {MOST_REFUSED} of 1,000 changes were refused ({refused} of {})",
                latencies.len()
            ),
            refused <= most,
        );
        let internal = tally.get(Count::Internal);
        trial.check(
            format!("0 changes answered 500 ({internal})"),
            internal == 0,
        );
        trial.check(
            format!("99 of 100 changes took at most {MOST_P99_MS} ms ({p99} ms)"),
            p99 <= MOST_P99_MS,
        );
    }
    match wrong {
        Ok(wrong) => trial.check_none("rows, events and answers agree at the end", &wrong),
        Err(error) => trial.check_none("the run came to its end", &[format!("{error:#}")]),
    }
    Ok(trial)
}

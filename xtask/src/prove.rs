//! Tries the programs while storage and clusters fail and while they are attacked. They must keep
//! their promises.

mod programs;
mod tried;
mod upgrade;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use self::programs::{Run, build, tell};
use self::tried::{Databases, Tried, ensure_all, ensure_servers};
use crate::databases::{self, Choice, Database};
use crate::process::{Signals, is_root};
use crate::{apt, workspace};

const FILLER: &str = "bench-database";
const NGINX: &str = "nginx";

/// The test that plays rounds of tampering for as long as the environment says.
const LONG_TAMPERING: &str = "generated::long::prove_tamper";
/// How many tokens the long form of a job revokes.
const A_MILLION: u64 = 1_000_000;
/// The number of rounds on each database at which its long form ends.
const MANY_ROUNDS: u64 = 10_000;

/// Arguments of `cargo xtask prove`.
#[derive(clap::Args)]
#[command(
    after_help = "What was found is also written to target/prove, as JSON. Each part prints the seed of its dice, which \
    --seed takes; a seed repeats a run only roughly, because answers come when they come."
)]
pub struct Arguments {
    #[command(subcommand)]
    part: Part,
}

/// What can be tried.
#[derive(Subcommand)]
enum Part {
    /// Disks that are full, writes that fail, programs that are killed. Four minutes; needs root.
    StorageFaults {
        #[command(flatten)]
        databases: Databases,
        /// Go on until 20,000 changes are acknowledged on each database
        #[arg(long)]
        long: bool,
        #[command(flatten)]
        run: Run,
    },
    /// Rows planted, edited, deleted, swapped and put back at random, beneath running services. A
    /// minute for each database; the long form takes an hour for each, in one part or several.
    Tamper {
        #[command(flatten)]
        databases: Databases,
        /// Go on, from where the last part of this seed ended, until 10,000 rounds were played on
        /// each database
        #[arg(long)]
        long: bool,
        /// How many rounds this part plays on each database at most [default: 300, of the long form
        /// all]
        #[arg(long)]
        rounds: Option<u64>,
        /// The seed of an earlier run
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Three servers on three nodes of a Galera cluster, every node written to. Two minutes.
    Galera {
        /// Stop, cut and kill nodes meanwhile
        #[arg(long)]
        faults: bool,
        /// Go on until 20,000 changes are acknowledged, without faults and then with them
        #[arg(long)]
        long: bool,
        #[command(flatten)]
        run: Run,
    },
    /// 2,000 connections that exchange, 200 sign-ins at once, changes and lists, and a full disk in
    /// the middle. Two minutes; needs root.
    Overload {
        #[command(flatten)]
        run: Run,
    },
    /// Two servers behind nginx that are started again one after the other. Half a minute.
    Restarts {
        #[command(flatten)]
        run: Run,
    },
    /// Very many tokens revoked by one job, beside people who work, while servers are killed. Three
    /// minutes for each database; the long form is an hour for each, and needs 10 GB of disk.
    Bulk {
        #[command(flatten)]
        databases: Databases,
        /// Revoke a million tokens on each database
        #[arg(long)]
        long: bool,
        /// How many tokens are revoked on each database [default: 20,000]
        #[arg(long, conflicts_with = "long")]
        tokens: Option<u64>,
        #[command(flatten)]
        run: Run,
    },
    /// A database of the release before, taken over: older rows that were put back, servers that
    /// are killed meanwhile, servers of both releases at once. Five minutes; needs root for
    /// PostgreSQL and MariaDB.
    Upgrade {
        #[command(flatten)]
        databases: Databases,
        /// A folder with the programs of the release before; without it they are built
        #[arg(long, value_name = "DIR")]
        former: Option<PathBuf>,
        /// How many rows the larger database has, about
        #[arg(long, default_value_t = 20_000)]
        rows: u32,
        #[command(flatten)]
        run: Run,
    },
    /// Servers of this release and of the one before on one database at the same time, upgraded one
    /// after the other, and back, under load. Three minutes; needs root for PostgreSQL and MariaDB.
    Beside {
        #[command(flatten)]
        databases: Databases,
        /// A folder with the programs of the release before
        #[arg(long, value_name = "DIR")]
        former: PathBuf,
        #[command(flatten)]
        run: Run,
    },
    /// 2,000 sign-ins at an identity provider in a minute, beside exchanges. Two minutes for each
    /// database; half a minute with `--seconds 10`.
    SignIns {
        #[command(flatten)]
        databases: Databases,
        #[command(flatten)]
        run: Run,
    },
    /// A hundred addresses that guess passwords without pause, beside people who sign in. Four
    /// minutes.
    SignInPressure {
        #[command(flatten)]
        run: Run,
    },
}

/// Fails if an acknowledged change was lost, if a change happened only in part, or if nothing was
/// tried.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    let status = match &arguments.part {
        Part::StorageFaults {
            databases,
            long,
            run,
        } => storage_faults(&databases.chosen, *long, run, &signals)?,
        Part::Bulk {
            databases,
            long,
            tokens,
            run,
        } => {
            let tokens = if *long { Some(A_MILLION) } else { *tokens };
            bulk(&databases.chosen, tokens, run, &signals)?
        }
        Part::Galera { faults, long, run } => galera(*faults, *long, run, &signals)?,
        Part::Overload { run } => overload(run, &signals)?,
        Part::Restarts { run } => restarts(run, &signals)?,
        Part::Upgrade {
            databases,
            former,
            rows,
            run,
        } => upgrade::run(&databases.chosen, former.as_ref(), *rows, run, &signals)?,
        Part::Beside {
            databases,
            former,
            run,
        } => beside(&databases.chosen, former, run, &signals)?,
        Part::SignIns { databases, run } => sign_ins(&databases.chosen, run, &signals)?,
        Part::SignInPressure { run } => sign_in_pressure(run, &signals)?,
        Part::Tamper {
            databases,
            long,
            rounds,
            seed,
        } => tamper(&databases.chosen, *long, *rounds, *seed, &signals)?,
    };
    signals.check()?;
    if !status.success() {
        bail!("the run failed ({status})");
    }
    Ok(())
}

fn overload(run: &Run, signals: &Signals) -> Result<ExitStatus> {
    if !is_root() {
        bail!("file systems are mounted by root only: run this as root");
    }
    let mut command = in_private_mounts();
    tell(&mut command, "overload", run, signals)?;
    signals.run(&mut command)
}

/// Mounts in a private namespace disappear with its last process, however that ends.
fn in_private_mounts() -> Command {
    let mut command = workspace::command("unshare");
    command.args(["--mount", "--propagation", "private", "--"]);
    command
}

fn storage_faults(
    chosen: &[Tried],
    long: bool,
    run: &Run,
    signals: &Signals,
) -> Result<ExitStatus> {
    if !is_root() {
        bail!("file systems are mounted by root only: run this as root");
    }
    let chosen = ensure_all(chosen, signals)?;
    let tools = [("fiu-run", "fiu-utils"), ("sqlite3", "sqlite3")];
    let missing: Vec<_> = tools
        .into_iter()
        .filter(|(program, _)| apt::find(program).is_none())
        .map(|(_, package)| package)
        .collect();
    apt::ensure(&missing, "leave this part out", signals)?;

    let mut command = in_private_mounts();
    tell(&mut command, "storage-faults", run, signals)?;
    for tried in chosen {
        command.args(["--database", tried.name()]);
    }
    if long {
        command.arg("--long");
    }
    signals.run(&mut command)
}

/// Runs the test in `crates/service/tests/tampering/generated/long.rs`.
fn tamper(
    chosen: &[Tried],
    long: bool,
    rounds: Option<u64>,
    seed: Option<u64>,
    signals: &Signals,
) -> Result<ExitStatus> {
    let chosen = ensure_all(chosen, signals)?;
    let choice = Choice::of(chosen.iter().map(|tried| tried.database()).collect());
    let output = workspace::metadata()?
        .target_directory
        .join("prove/tamper.json");
    let test = ["test", "--workspace", "--test", "tampering"];
    let mut build = workspace::command("cargo");
    build.args(test).arg("--no-run");
    signals.succeed(&mut build)?;
    let mut command = workspace::command("cargo");
    command.args(test);
    command.args(["--", "--ignored", "--exact", LONG_TAMPERING, "--nocapture"]);
    command.env("ATS_PAT_TAMPER_OUTPUT", output);
    let goal = long.then_some(MANY_ROUNDS);
    for (variable, value) in [
        ("ATS_PAT_TAMPER_GOAL", goal),
        ("ATS_PAT_TAMPER_ROUNDS", rounds.or(goal)),
        ("ATS_PAT_TAMPER_SEED", seed),
    ] {
        if let Some(value) = value {
            command.env(variable, value.to_string());
        }
    }
    databases::with_private(&choice, signals, &mut command)
}

fn bulk(chosen: &[Tried], tokens: Option<u64>, run: &Run, signals: &Signals) -> Result<ExitStatus> {
    let chosen = ensure_servers(chosen, signals)?;
    let mut command = workspace::command("env");
    tell(&mut command, "bulk", run, signals)?;
    build(&[FILLER], signals)?;
    let filler = workspace::metadata()?
        .target_directory
        .join("debug")
        .join(FILLER);
    command.arg("--filler").arg(filler);
    if let Some(tokens) = tokens {
        command.arg("--tokens").arg(tokens.to_string());
    }
    for tried in chosen {
        command.args(["--database", tried.name()]);
    }
    signals.run(&mut command)
}

fn galera(faults: bool, long: bool, run: &Run, signals: &Signals) -> Result<ExitStatus> {
    let cluster = Choice::only(Database::Galera);
    databases::ensure(&cluster, signals)?;
    let mut command = workspace::command("env");
    tell(&mut command, "galera", run, signals)?;
    for (flag, is_asked) in [("--faults", faults), ("--long", long)] {
        if is_asked {
            command.arg(flag);
        }
    }
    databases::with_private(&cluster, signals, &mut command)
}

fn restarts(run: &Run, signals: &Signals) -> Result<ExitStatus> {
    if apt::find(NGINX).is_none() {
        apt::ensure(&["nginx-light"], "leave this part out", signals)?;
        // So that it does not start with the machine either. Without systemd there is no such
        // danger.
        let _ = Command::new("systemctl")
            .args(["--quiet", "disable", NGINX])
            .stderr(Stdio::null())
            .status();
    }
    let nginx = apt::find(NGINX).context("nginx is not where Debian puts it")?;
    let mut command = workspace::command("env");
    tell(&mut command, "restarts", run, signals)?;
    command.arg("--nginx").arg(nginx);
    signals.run(&mut command)
}

fn sign_in_pressure(run: &Run, signals: &Signals) -> Result<ExitStatus> {
    let mut command = workspace::command("env");
    tell(&mut command, "sign-in-pressure", run, signals)?;
    signals.run(&mut command)
}

fn beside(chosen: &[Tried], former: &Path, run: &Run, signals: &Signals) -> Result<ExitStatus> {
    let chosen = ensure_servers(chosen, signals)?;
    let mut command = workspace::command("env");
    tell(&mut command, "beside", run, signals)?;
    command.arg("--former").arg(former.canonicalize()?);
    for tried in chosen {
        command.args(["--database", tried.name()]);
    }
    signals.run(&mut command)
}

fn sign_ins(chosen: &[Tried], run: &Run, signals: &Signals) -> Result<ExitStatus> {
    let chosen = ensure_servers(chosen, signals)?;
    let mut command = workspace::command("env");
    tell(&mut command, "sign-ins", run, signals)?;
    for tried in chosen {
        command.args(["--database", tried.name()]);
    }
    signals.run(&mut command)
}

//! More than a server can do: 2,000 connections that exchange, 200 sign-ins at once, changes and
//! lists, and a disk that is full in the middle of it.

mod crowd;
mod memory;
mod times;

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use self::crowd::Crowd;
use self::memory::most_memory;
use self::times::{Class, Phase, Times};
use crate::clock::{go_on, now, wait_for};
use crate::faults::Disk;
use crate::health::readiness;
use crate::installation::Installation;
use crate::place::Place;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// The size of the disk, in MiB.
const DISK: u32 = 192;
/// How long it is calm, and how long the disk is full.
const CALM: Duration = Duration::from_secs(8);
const FULL: Duration = Duration::from_secs(10);
/// How long the load goes on after the disk has room again.
const AFTER: Duration = Duration::from_secs(10);
/// The longest time from room on the disk to the next change.
const RECOVERY: Duration = Duration::from_secs(10);

/// Limits of what 99 of 100 requests may take under load.
const MOST_EXCHANGE: Duration = Duration::from_millis(500);
const MOST_LIST: Duration = Duration::from_millis(1_500);
const MOST_CHANGE: Duration = Duration::from_secs(6);
/// The longest time of any sign-in: its wait, its password, and its change.
const MOST_SIGN_IN: Duration = Duration::from_secs(16);
/// On a machine where 99 of 100 exchanges take longer than this even when it is calm, other
/// programs delay every step of a request. Then times say nothing, and are told but not judged.
const QUIET: Duration = Duration::from_millis(25);
/// The most memory, in MiB.
const MOST_MEMORY: u64 = 400;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How long the load goes on before the disk is full, in seconds
    #[arg(long, default_value_t = 40)]
    seconds: u64,
    /// How many connections exchange
    #[arg(long, default_value_t = 2_000)]
    connections: usize,
}

/// Tries it.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let trial = trial(arguments, signals)?;
    let output = place.output("overload");
    publish("overload", place.seed, &[trial], &output)
}

fn trial(arguments: &Arguments, signals: &Signals) -> Result<Trial> {
    let place = &arguments.place;
    fs::create_dir_all(&place.output)?;
    let work = TempDir::with_prefix("ats-pat-prove-")?;
    let disk = Disk::mount(&work.path().join("disk"), DISK)?;
    // It is kept, because it explains the findings.
    let log = place.output.join("overload.log");
    let data = disk.place().join("data");
    let installation = Installation::new(&place.programs, &data, &log, None)?;
    let server = installation.start(Vec::new(), signals)?;
    let tally = Tally::default();
    let crowd = Crowd::new(&installation, arguments.connections, &tally)?;
    let before = most_memory(&server)?;
    let load = Duration::from_secs(arguments.seconds);
    let recovered = crowd.run(|| {
        eprintln!("overload: exchanges alone");
        go_on(CALM, signals, || Ok(()))?;
        eprintln!("overload: everything at once");
        crowd.begin(Phase::Load);
        go_on(load, signals, || Ok(()))?;
        eprintln!("overload: the disk is full");
        crowd.begin(Phase::Full);
        // The server frees room by its own checkpoints.
        go_on(FULL, signals, || disk.fill())?;
        let recovered = recovery(&disk, &installation, &crowd, signals)?;
        go_on(AFTER, signals, || Ok(()))?;
        Ok(recovered)
    })?;
    let most = most_memory(&server)?;
    crowd.audit()?;
    let verified = installation.try_admin(&["audit", "verify"], "")?;
    let mut trial = Trial::new("SQLite", &tally);
    for line in crowd.times.told() {
        trial.note(line);
    }
    trial.check("`audit verify` finds nothing", verified.status.success());
    trial.check(
        format!("memory stayed below {MOST_MEMORY} MiB ({most}, before the load {before})"),
        most <= MOST_MEMORY,
    );
    let opened = crowd.opened.load(Ordering::Relaxed);
    let all = arguments.connections as u64;
    trial.check(
        format!("all connections were used ({opened} of {all})"),
        opened == all,
    );
    let recovered_ms = recovered.as_millis();
    trial.check(
        format!("a change succeeded {recovered_ms} ms after the disk had room"),
        recovered <= RECOVERY,
    );
    let refused = tally.get(Count::Refused);
    trial.check(
        format!("the full disk refused changes ({refused})"),
        refused > 0,
    );
    limits(&mut trial, &crowd.times);
    drop(server);
    Ok(trial)
}

/// Frees the disk. Returns how long it took until a change succeeded and the server was ready.
fn recovery(
    disk: &Disk,
    installation: &Installation,
    crowd: &Crowd<'_>,
    signals: &Signals,
) -> Result<Duration> {
    let kept = || crowd.kept.lock().len();
    let before = kept();
    disk.free()?;
    let freed = now();
    eprintln!("overload: the disk has room again");
    wait_for("a change succeeds again", 3 * RECOVERY, signals, || {
        Ok((kept() > before).then_some(()))
    })?;
    let recovered = now() - freed;
    crowd.begin(Phase::After);
    wait_for("the server is ready again", 3 * RECOVERY, signals, || {
        Ok(readiness(installation.address()).is_ready.then_some(()))
    })?;
    Ok(recovered)
}

fn limits(trial: &mut Trial, times: &Times) {
    let calm = times.of(Phase::Calm, Class::Exchange).took(0.99);
    let is_quiet = calm <= micros(QUIET);
    if !is_quiet {
        trial.note(format!(
            "times were not judged: other programs delay requests even when it is calm ({} ms)",
            calm / 1000
        ));
    }
    let within = |trial: &mut Trial, phase, what, took, most| {
        if is_quiet {
            within(trial, phase, what, took, most);
        }
    };
    for phase in [Phase::Load, Phase::Full, Phase::After] {
        let exchanges = times.of(phase, Class::Exchange);
        within(
            trial,
            phase,
            "exchanges",
            exchanges.took(0.99),
            MOST_EXCHANGE,
        );
        let refused = exchanges.refusals();
        trial.check(
            format!("{phase:?}: no exchange was refused ({refused})"),
            refused == 0,
        );
        let lists = times.of(phase, Class::List);
        within(trial, phase, "lists", lists.took(0.99), MOST_LIST);
        let sign_ins = times.of(phase, Class::SignIn);
        let slowest = micros(sign_ins.slowest_refusal).max(sign_ins.took(1.0));
        within(
            trial,
            phase,
            "sign-ins, at the longest,",
            slowest,
            MOST_SIGN_IN,
        );
    }
    for phase in [Phase::Load, Phase::After] {
        for (class, name) in [
            (Class::Creation, "creations"),
            (Class::Revocation, "revocations"),
        ] {
            let changes = times.of(phase, class);
            within(trial, phase, name, changes.took(0.99), MOST_CHANGE);
        }
        let refused = times.of(phase, Class::Revocation).refusals();
        trial.check(
            format!("{phase:?}: no revocation was refused ({refused})"),
            refused == 0,
        );
    }
    let signed_in = times.of(Phase::Load, Class::SignIn).done;
    let signed_in = signed_in.map_or(0, |done| done.len());
    trial.check(format!("people signed in ({signed_in})"), signed_in > 0);
    let created = times.of(Phase::Load, Class::Creation).done;
    let created = created.map_or(0, |done| done.len());
    trial.check(format!("tokens were made ({created})"), created > 0);
}

fn within(trial: &mut Trial, phase: Phase, what: &str, took: u64, most: Duration) {
    trial.check(
        format!(
            "{phase:?}: 99 of 100 {what} took at most {} ms ({} ms)",
            most.as_millis(),
            took / 1000
        ),
        took <= micros(most),
    );
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

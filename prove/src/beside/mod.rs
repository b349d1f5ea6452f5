//! Servers of this release and of the one before on one database at the same time: an upgrade of
//! one server after the other, and back, under load.

mod probe;
mod schema;
mod seat;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use tempfile::TempDir;

use self::probe::Probe;
use self::seat::{Release, Seat};
use crate::clock::{now, wait_for};
use crate::databases::{Choice, Client, Kind, Memory};
use crate::health::readiness;
use crate::load::Load;
use crate::place::Place;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::{Count, Tally};
use crate::verify::verify;

/// Clients at each server.
const CLIENTS: usize = 3;
const READY: Duration = Duration::from_secs(30);

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The folder of the programs of the release before
    #[arg(long)]
    former: PathBuf,
    #[command(flatten)]
    databases: Choice,
    /// How long each step is tried, in seconds
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

/// A step: which server is started with the programs of which release, and how that is told.
type Step = (usize, Release, &'static str);

/// One server after the other, back, and forth again.
const OF_TWO: [Step; 5] = [
    (1, Release::New, "the second server is of this release"),
    (0, Release::Former, "the first server was started again"),
    (1, Release::Former, "the second server went back"),
    (
        1,
        Release::New,
        "the second server is of this release again",
    ),
    (0, Release::New, "both are of this release"),
];
/// A file of SQLite has one server.
const OF_ONE: [Step; 3] = [
    (0, Release::New, "the server is of this release"),
    (0, Release::Former, "the server went back"),
    (0, Release::New, "the server is of this release again"),
];

/// Tries the databases one after the other.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let mut rng = place.rng();
    let mut trials = Vec::new();
    for kind in arguments.databases.kinds() {
        trials.push(on(kind, arguments, rng.fork(), signals)?);
    }
    publish("beside", place.seed, &trials, &place.output("beside"))
}

fn on(kind: Kind, arguments: &Arguments, rng: Rng, signals: &Signals) -> Result<Trial> {
    let work = TempDir::with_prefix("ats-pat-prove-")?;
    // The account of database servers needs access to it.
    fs::set_permissions(work.path(), Permissions::from_mode(0o755))?;
    let folder = work.path().join("database");
    let mut database = kind.server(&folder, work.path(), Memory::Little, signals)?;
    let url = match &mut database {
        Some(database) => {
            database.start(signals)?;
            Some(database.create_another("pat")?)
        }
        None => None,
    };
    let steps: &[Step] = if url.is_some() { &OF_TWO } else { &OF_ONE };
    let mut seats = Vec::new();
    for number in 0..=steps.iter().map(|(seat, ..)| *seat).max().unwrap_or(0) {
        let folder = work.path().join(format!("data-{number}"));
        // It is kept, because it explains the findings.
        fs::create_dir_all(&arguments.place.output)?;
        let log = format!("beside-{}-{number}.log", kind.name());
        let log = arguments.place.output.join(log);
        let programs = [arguments.former.as_path(), &arguments.place.programs];
        let first = seats.first();
        seats.push(Seat::start(
            programs,
            &folder,
            &log,
            url.as_deref(),
            first,
            signals,
        )?);
    }
    let client = kind.client(seats[0].of(Release::Former).folder(), url.as_deref())?;
    let installations: Vec<_> = seats
        .iter()
        .map(|seat| Arc::new(seat.of(Release::Former).clone()))
        .collect();
    let mut load = Load::new(&installations, CLIENTS, rng)?;
    let probe = Probe::new(seats[0].of(Release::Former))?;
    let mut way = Way {
        seats,
        probe,
        client,
        length: Duration::from_secs(arguments.seconds),
        wrong: Vec::new(),
        notes: Vec::new(),
        revocations: 0,
    };
    load.run(|tally| way.go(steps, tally, signals))?;
    load.audit(true)?;
    way.verify_all(Some(load.known_tokens()), load.tally())?;
    way.told(kind, &load)
}

/// The upgrade under way.
struct Way {
    seats: Vec<Seat>,
    probe: Probe,
    client: Client,
    /// How long a step is tried.
    length: Duration,
    /// What was found, for each step.
    wrong: Vec<(&'static str, Vec<String>)>,
    notes: Vec<String>,
    /// How many rights were taken away at one server and tried at every one.
    revocations: usize,
}

impl Way {
    fn go(&mut self, steps: &[Step], tally: &Tally, signals: &Signals) -> Result<()> {
        self.look("every server is of the release before", tally, signals)?;
        let pending = schema::pending(self.seats[0].of(Release::New))?;
        let stopping: Vec<_> = pending
            .iter()
            .filter(|name| !name.ends_with("_beside"))
            .map(|name| format!("{name} stops programs of the release before"))
            .collect();
        let may_go_on = stopping.is_empty();
        self.notes.push(if pending.is_empty() {
            "no migration was pending".to_owned()
        } else {
            format!("pending: {}", pending.join(", "))
        });
        self.wrong
            .push(("the plan has only migrations that end in _beside", stopping));
        if !may_go_on {
            return Ok(());
        }
        for (number, release, what) in steps {
            eprintln!("{what} ...");
            self.seats[*number].change_to(*release, signals)?;
            self.look(what, tally, signals)?;
        }
        let former = self.seats[0].of(Release::Former);
        let wrong = schema::compare(former, &pending)?;
        self.wrong.push((
            "the former program knows what was added, and no more",
            wrong,
        ));
        Ok(())
    }

    /// Lets the load go on, and looks at all servers meanwhile.
    fn look(&mut self, what: &'static str, tally: &Tally, signals: &Signals) -> Result<()> {
        let before = tally.get(Count::Acknowledged);
        let mut wrong = Vec::new();
        for seat in &self.seats {
            let at = seat.address();
            let ready = wait_for("every server is ready", READY, signals, || {
                Ok(readiness(at).is_ready.then_some(()))
            });
            if ready.is_err() {
                wrong.push(format!("not ready: {}", readiness(at).reason));
            }
        }
        let at: Vec<_> = self.seats.iter().map(Seat::address).collect();
        let (mut probed, end) = (0, now() + self.length);
        // Each server takes a right away in turn, and all of them refuse it at once.
        while probed < at.len() || now() < end {
            signals.check()?;
            wrong.extend(self.probe.take_away(probed % at.len(), &at)?);
            probed += 1;
        }
        self.revocations += probed;
        let releases: Vec<_> = self.seats.iter().map(Seat::running).collect();
        for seat in &self.seats {
            wrong.extend(self.probe.disable(seat, &at)?);
        }
        if tally.get(Count::Acknowledged) == before {
            wrong.push(format!("nothing was acknowledged ({releases:?})"));
        }
        self.wrong.push((what, wrong));
        Ok(())
    }

    /// Verifies the log by the programs of both releases.
    fn verify_all(&mut self, known: Option<usize>, tally: &Tally) -> Result<()> {
        // Those of the probe are no client's.
        let known = known.map(|known| known + self.probe.made());
        for (release, what) in [
            (Release::Former, "the log is whole to the release before"),
            (Release::New, "the log is whole to this release"),
        ] {
            let of = self.seats[0].of(release);
            let wrong = verify(of, &self.client, known, tally)?;
            self.wrong.push((what, wrong));
        }
        Ok(())
    }

    fn told(self, kind: Kind, load: &Load) -> Result<Trial> {
        let mut trial = Trial::new(kind.name(), load.tally());
        for (what, wrong) in &self.wrong {
            trial.check_none(what, wrong);
        }
        let watched = load.tally().get(Count::Watched);
        trial.check(format!("ended secrets were tried ({watched})"), watched > 0);
        let revocations = self.revocations;
        trial.check(
            format!("rights were taken away at one server and tried at all ({revocations})"),
            revocations > 0,
        );
        for note in self.notes {
            trial.note(note);
        }
        let latencies = load.latencies()?;
        trial.note(format!(
            "changes: p50 {} ms, p99 {} ms",
            latencies.value_at_quantile(0.5) / 1000,
            latencies.value_at_quantile(0.99) / 1000,
        ));
        Ok(trial)
    }
}

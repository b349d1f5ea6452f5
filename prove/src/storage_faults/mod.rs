//! Storage that is full, fails at random, or whose programs are killed.

mod bed;
mod round;
mod scenario;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;

use self::bed::Bed;
use self::round::Round;
use crate::clock::now;
use crate::databases::{Choice, Kind, Size};
use crate::load::Load;
use crate::place::Place;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::Count;
use crate::verify::verify;

/// Clients, each with a user of its own.
const CLIENTS: usize = 6;
/// Load without faults before and after those of a round. The long form needs many changes.
const CALM: Duration = Duration::from_millis(800);
const LONG_CALM: Duration = Duration::from_secs(4);
/// The number of changes on each database at which the long form ends.
const MANY: u64 = 20_000;

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    databases: Choice,
    /// How long each database is tried, in seconds; every kind of fault has one turn in any case
    #[arg(long, default_value_t = 75)]
    seconds: u64,
    /// Go on until 20,000 changes are acknowledged on each database
    #[arg(long)]
    long: bool,
}

/// Tries the databases one after the other.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let mut rng = place.rng();
    let mut trials = Vec::new();
    for kind in arguments.databases.kinds() {
        trials.push(trial(kind, arguments, rng.fork(), signals)?);
    }
    publish(
        "storage-faults",
        place.seed,
        &trials,
        &place.output("storage-faults"),
    )
}

fn trial(kind: Kind, arguments: &Arguments, mut rng: Rng, signals: &Signals) -> Result<Trial> {
    let programs = &arguments.place.programs;
    let scenario = if kind == Kind::Sqlite {
        eprintln!("{}: one failed COMMIT ...", kind.name());
        Some(scenario::run(programs, rng.fork(), signals)?)
    } else {
        None
    };
    let size = if arguments.long {
        Size::Many
    } else {
        Size::Some
    };
    let mut bed = Bed::new(kind, size, programs, rng.fork(), signals)?;
    let mut load = Load::new(&[bed.installation.clone()], CLIENTS, rng.fork())?;
    let begun = now();
    let rounds = Round::all(kind).into_iter().cycle().enumerate();
    let turns = Round::all(kind).len();
    let mut outcome = Ok(());
    let mut faults: BTreeMap<String, u64> = BTreeMap::new();
    for (number, round) in rounds {
        let long_enough = if arguments.long {
            load.tally().get(Count::Acknowledged) >= MANY
        } else {
            now() - begun >= Duration::from_secs(arguments.seconds)
        };
        if number >= turns && long_enough {
            break;
        }
        eprintln!(
            "{}: round {}, {round}; {} changes, {} violations so far",
            kind.name(),
            number + 1,
            load.tally().get(Count::Acknowledged),
            load.tally().violations().len(),
        );
        let calm = if arguments.long { LONG_CALM } else { CALM };
        let before = bed.gate.readings()?;
        outcome = one_round(round, calm, &mut bed, &mut load, signals);
        let after = bed.gate.readings()?;
        let failed = (after.random() - before.random()) + (after.full - before.full);
        *faults.entry(round.to_string()).or_default() += failed;
        if outcome.is_err() {
            signals.check()?;
            break;
        }
    }
    let wrong = match outcome {
        Ok(()) => last_look(&bed, &mut load),
        Err(error) => Err(error),
    };
    let mut trial = told(&bed, &load, scenario, wrong)?;
    let faults: Vec<_> = faults
        .iter()
        .map(|(round, many)| format!("{round} {many}"))
        .collect();
    trial.note(format!("failed calls by round: {}", faults.join(", ")));
    Ok(trial)
}

fn one_round(
    round: Round,
    calm: Duration,
    bed: &mut Bed,
    load: &mut Load,
    signals: &Signals,
) -> Result<()> {
    load.run(|tally| round.happen(calm, bed, tally, signals))?;
    if let Err(error) = load.audit(false) {
        signals.check()?;
        let text = format!("after {round}, without faults: {error:#}");
        load.tally().violation(Count::Findings, &text);
        // The findings after a restart explain more than the answers of a stuck server.
        bed.kill_server()?;
        bed.calm(load.tally(), signals)?;
        load.audit(false)?;
    }
    let tally = load.tally();
    for wrong in verify(&bed.installation, &bed.client, None, tally)? {
        tally.violation(Count::Findings, &format!("after {round}: {wrong}"));
    }
    Ok(())
}

fn last_look(bed: &Bed, load: &mut Load) -> Result<Vec<String>> {
    load.audit(true)?;
    let known = Some(load.known_tokens());
    verify(&bed.installation, &bed.client, known, load.tally())
}

fn told(
    bed: &Bed,
    load: &Load,
    scenario: Option<Vec<String>>,
    wrong: Result<Vec<String>>,
) -> Result<Trial> {
    let readings = bed.gate.readings()?;
    let tally = load.tally();
    for (count, many) in [
        (Count::FullWrites, readings.full),
        (Count::WriteEnospc, readings.write_enospc),
        (Count::WriteEio, readings.write_eio),
        (Count::SyncEnospc, readings.sync_enospc),
        (Count::SyncEio, readings.sync_eio),
        (Count::DataSyncs, readings.data_syncs),
    ] {
        tally.add_many(count, many);
    }
    let mut trial = Trial::new(bed.kind.name(), tally);
    let random = readings.write_enospc + readings.write_eio;
    let syncs = readings.sync_enospc + readings.sync_eio;
    trial.check(
        format!("writes failed on the full disk ({})", readings.full),
        readings.full > 0,
    );
    trial.check(format!("writes failed at random ({random})"), random > 0);
    trial.check(format!("syncs failed at random ({syncs})"), syncs > 0);
    let checkpoints = readings.data_syncs;
    trial.check(
        format!("data files were synced ({checkpoints})"),
        checkpoints > 0,
    );
    let unready = tally.get(Count::Unready);
    trial.check(
        format!("readiness told of the full disk, and recovered by itself ({unready} times not)"),
        unready == 0,
    );
    if let Some(wrong) = scenario {
        trial.check_none("a failed COMMIT leaves no transaction open", &wrong);
    }
    match wrong {
        Ok(wrong) => trial.check_none("rows, events and answers agree at the end", &wrong),
        Err(error) => trial.check_none("the run came to its end", &[format!("{error:#}")]),
    }
    Ok(trial)
}

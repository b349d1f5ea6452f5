//! Very many tokens that one job revokes, beside other work, while servers are killed.

mod arguments;
mod job;
mod load;
mod scene;

use std::fs;
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;

pub use self::arguments::Arguments;
use self::job::Job;
use self::load::{Load, Phase};
use self::scene::Scene;
use crate::clock::{go_on, now};
use crate::databases::Kind;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::{Count, Tally};
use crate::verify::verify;

/// The longest that a batch may hold the counter row.
const MOST_HELD: Duration = Duration::from_millis(100);
/// An event must be far smaller than what MariaDB takes by default (16 MiB).
const LARGEST_EVENT: u64 = 64 * 1024;

/// Tries the databases one after the other.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    fs::create_dir_all(&place.output)?;
    let mut rng = place.rng();
    let mut trials = Vec::new();
    for kind in arguments.databases.kinds() {
        trials.push(trial(kind, arguments, &mut rng, signals)?);
    }
    publish("bulk", place.seed, &trials, &place.output("bulk"))
}

fn trial(kind: Kind, arguments: &Arguments, rng: &mut Rng, signals: &Signals) -> Result<Trial> {
    let told = |what: &str| eprintln!("{}: {what} ...", kind.name());
    told("a database is filled");
    let mut scene = Scene::new(kind, arguments, signals)?;
    let tally = Tally::default();
    let load = Load::new(&scene.addresses(), &tally)?;
    told("work without a job");
    let job = load.run(|| {
        load.begin(Phase::Alone);
        go_on(Duration::from_secs(arguments.seconds), signals, || Ok(()))?;
        told("work beside a job");
        load.begin(Phase::Beside);
        let job = Job::start(&mut scene, arguments.tokens, &tally)?;
        watch(&job, &mut scene, &load, arguments, rng, &tally, signals)
    })?;

    let mut trial = Trial::new(kind.name(), &tally);
    let seconds = job.took.as_secs_f64();
    trial.note(format!(
        "{} tokens were revoked in {seconds:.0} s, {} at a time, while {} servers were killed; the preview took {} ms",
        arguments.tokens,
        scene.client.number(
            "SELECT COUNT(*) FROM events WHERE kind = 'bulk.revoked'"
        )
        .map(|batches| arguments.tokens / batches.max(1))?,
        arguments.kills,
        job.preview.as_millis(),
    ));
    load.tell(&mut trial)?;
    figures(&scene, &mut trial)?;
    outcome(&job, &scene, &load, arguments, &tally, &mut trial)?;
    Ok(trial)
}

/// What is known of a job that is over.
struct Over {
    took: Duration,
    preview: Duration,
    /// The numbers of tokens that a server still exchanged after they were told to be done.
    alive: Vec<String>,
    /// How many of the sample were tried.
    tried: usize,
}

/// Waits for the end of the job, kills servers, and tries what is told as done.
fn watch(
    job: &Job,
    scene: &mut Scene,
    load: &Load<'_>,
    arguments: &Arguments,
    rng: &mut Rng,
    tally: &Tally,
    signals: &Signals,
) -> Result<Over> {
    let begun = now();
    let mut over = Over {
        took: Duration::ZERO,
        preview: job.preview,
        alive: Vec::new(),
        tried: 0,
    };
    let mut killed = 0;
    loop {
        signals.check()?;
        let at = scene.address(rng.usize(..scene.addresses().len()));
        if let Some(progress) = job.progress(at) {
            // In the order of their ids, which is that of their numbers.
            while let Some((number, secret)) = scene.sample.get(over.tried) {
                if *number >= progress.done {
                    break;
                }
                over.alive.extend(scene.still_exchanged(*number, secret));
                over.tried += 1;
            }
            if progress.is_over {
                over.took = now() - begun;
                return Ok(over);
            }
            let next = arguments.tokens * (killed + 1) / (arguments.kills + 1);
            if killed < arguments.kills && progress.done >= next {
                load.begin(Phase::AfterKill);
                scene.kill(usize::try_from(killed)?, signals)?;
                tally.add(Count::ServerEnds);
                killed += 1;
            }
        }
        go_on(Duration::from_millis(500), signals, || Ok(()))?;
        load.settle();
    }
}

/// How long batches held the counter row, how large events are, and how large the status list is.
fn figures(scene: &Scene, trial: &mut Trial) -> Result<()> {
    let held = scene.held()?;
    let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|part| held.value_at_quantile(part));
    trial.note(format!(
        "{} batches held the counter row: p50 {p50} µs, p99 {p99} µs, longest {longest} µs",
        held.len()
    ));
    trial.check(
        format!(
            "99 of 100 batches held the counter row for at most {} ms",
            MOST_HELD.as_millis()
        ),
        !held.is_empty() && u128::from(p99) <= MOST_HELD.as_micros(),
    );
    let largest = scene
        .client
        .number("SELECT MAX(LENGTH(details)) FROM events WHERE kind LIKE 'bulk.%'")?;
    trial.check(
        format!("the largest event of the job has at most {LARGEST_EVENT} bytes ({largest})"),
        largest <= LARGEST_EVENT,
    );
    trial.note(format!(
        "the status list has {} bytes then",
        scene.status_list()?
    ));
    Ok(())
}

/// Nothing is left, nothing else was revoked, and the log explains it.
fn outcome(
    job: &Over,
    scene: &Scene,
    load: &Load<'_>,
    arguments: &Arguments,
    tally: &Tally,
    trial: &mut Trial,
) -> Result<()> {
    trial.check_none(
        &format!(
            "each of {} tokens was refused by every server once it was told as done",
            job.tried
        ),
        &job.alive,
    );
    trial.check(
        "all of the sample were tried",
        job.tried == scene.sample.len(),
    );
    trial.check(
        format!("servers were killed ({})", tally.get(Count::ServerEnds)),
        tally.get(Count::ServerEnds) == arguments.kills,
    );
    let left = scene.left()?;
    trial.check(
        format!("no token that passes the filter is active ({left})"),
        left == 0,
    );
    let told = scene
        .client
        .number("SELECT COUNT(*) FROM events WHERE kind = 'bulk.finished'")?;
    trial.check(format!("one end was told ({told})"), told == 1);
    trial.check_none("the other tokens work", &load.broken());
    let wrong = verify(&scene.installations[0], &scene.client, None, tally)?;
    trial.check_none("`audit verify` finds nothing", &wrong);
    Ok(())
}

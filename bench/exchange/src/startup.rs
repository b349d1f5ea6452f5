//! The time from the start of the server to its first good answer, and its memory at that time.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::now;
use crate::cores::Cores;
use crate::figure::{Bound, Figure, Figures};
use crate::http::{Connection, Request};
use crate::place::Place;
use crate::program::{Program, mebibytes};
use crate::service::{Cache, Filling, Installation, Person};
use crate::signals::Signals;
use crate::statistics::Spread;

const READY_MS: f64 = 200.0;
const IDLE_MIB: f64 = 30.0;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How many tokens are in the database
    #[arg(long, default_value_t = 1000)]
    tokens: u64,
    /// How often it is started
    #[arg(long, default_value_t = 15)]
    starts: usize,
}

/// Measures it on SQLite.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let Arguments { place, tokens, .. } = arguments;
    place.cores.stay_with_the_load()?;
    let installation = Installation::temporary(&place.programs, &place.data(), None)?;
    Person::add(&installation, "ada")?;
    installation.fill(&Filling {
        tokens: *tokens,
        owners: tokens.div_ceil(100),
        owner: None,
        ended_of: None,
        sample: 1,
    })?;
    let name = format!("{tokens} tokens");
    let mut figures = Figures::default();
    let [ready, idle] = starts(&installation, &name, arguments.starts, place.cores, signals)?;
    figures.figures.extend([
        ready.must_be(Bound::AtMost(READY_MS)),
        idle.must_be(Bound::AtMost(IDLE_MIB)),
    ]);
    figures.notes.push(
        "from before the process is made to the last byte of the first 200 of /health/ready; the database is in the system's cache"
            .to_owned(),
    );
    figures.publish(&place.output("startup.json"))
}

/// Starts the server this many times, after one start that isn't counted. Returns how long it took
/// to be ready, and its memory at that time.
pub fn starts(
    installation: &Installation,
    name: &str,
    count: usize,
    cores: Cores,
    signals: &Signals,
) -> Result<[Figure; 2]> {
    let mut ready_ms = Vec::new();
    let mut idle_mib = Vec::new();
    for number in 0..=count {
        signals.check()?;
        let (program, taken) = start_to_ready(installation, cores)?;
        if number > 0 {
            ready_ms.push(taken.as_secs_f64() * 1000.0);
            idle_mib.push(mebibytes(program.resident_kib()?));
        }
        program.stop()?;
    }
    let figure = |what: &str, unit, measured: Vec<f64>| -> Result<Figure> {
        let spread = Spread::of(measured).context("no starts were asked for")?;
        Ok(Figure::median(format!("{what}, {name}"), spread, unit))
    };
    Ok([
        figure("start to ready", "ms", ready_ms)?,
        figure("memory when idle", "MiB", idle_mib)?,
    ])
}

/// Starts the server. Returns how long it took until it was ready.
pub fn start_to_ready(installation: &Installation, cores: Cores) -> Result<(Program, Duration)> {
    let begun = now();
    let program = installation.start(Cache::Default, cores)?;
    let ready = Request::get(program.address(), "/health/ready", &[]);
    let mut connection = Connection::open(program.address())?;
    while connection.send(&ready)?.status != 200 {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok((program, now() - begun))
}

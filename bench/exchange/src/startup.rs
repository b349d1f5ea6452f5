//! From the start of the server to its first good answer, and the memory that it has by then.

use anyhow::{Result, ensure};

use crate::clock::now;
use crate::cores::Cores;
use crate::figure::{Bound, Figure, Figures};
use crate::http::{Connection, Request};
use crate::place::Place;
use crate::program::mebibytes;
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
        sample: 1,
    })?;
    let name = format!("{tokens} tokens");
    let mut figures = Figures {
        figures: starts(&installation, &name, arguments.starts, place.cores, signals)?,
        ..Figures::default()
    };
    figures.notes.push(
        "from before the process is made to the last byte of the first 200 of /health/ready; the database is in the system's cache"
            .to_owned(),
    );
    figures.publish(&place.output("startup.json"))
}

/// Starts the server so many times, after once that is not counted.
pub fn starts(
    installation: &Installation,
    name: &str,
    count: usize,
    cores: Cores,
    signals: &Signals,
) -> Result<Vec<Figure>> {
    let mut ready_ms = Vec::new();
    let mut idle_mib = Vec::new();
    for number in 0..=count {
        signals.check()?;
        let begun = now();
        let program = installation.start(Cache::Default, cores)?;
        let ready = Request::get(program.address(), "/health/ready", &[]);
        Connection::open(program.address())?.body(&ready)?;
        let taken = now() - begun;
        if number > 0 {
            ready_ms.push(taken.as_secs_f64() * 1000.0);
            idle_mib.push(mebibytes(program.resident_kib()?));
        }
        program.stop()?;
    }
    let figures: Option<Vec<_>> = [
        ("start to ready", "ms", ready_ms, READY_MS),
        ("memory when idle", "MiB", idle_mib, IDLE_MIB),
    ]
    .into_iter()
    .map(|(what, unit, measured, most)| {
        let median = Figure::median(format!("{what}, {name}"), Spread::of(measured)?, unit);
        Some(median.must_be(Bound::AtMost(most)))
    })
    .collect();
    ensure!(figures.is_some(), "no starts were asked for");
    Ok(figures.unwrap_or_default())
}

//! Compares ten million tokens with a thousand, and with another release.

mod arguments;
mod pairs;
mod side;
mod starts;

use anyhow::{Context, Result};

pub use self::arguments::Arguments;
use self::arguments::{FEW, OWNER_TOKENS};
use self::side::{Load, Side};
use crate::figure::{Bound, Figure, Figures};
use crate::list::first_pages;
use crate::load::{self, Pace};
use crate::program::mebibytes;
use crate::sample::Sample;
use crate::service::Cache;
use crate::signals::Signals;
use crate::statistics::Spread;

/// The lowest allowed share of the rate.
const RATE_KEPT: f64 = 0.9;
/// The most memory with a full cache.
const FULL_MIB: f64 = 150.0;
/// The highest allowed p99 of a first page, in milliseconds.
const FIRST_PAGE_MS: f64 = 5.0;

/// Measures everything on one kind of database.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let Arguments { place, tokens, .. } = arguments;
    place.cores.stay_with_the_load()?;
    if let Some(other) = &arguments.beside {
        return pairs::run(arguments, other, signals);
    }
    let few = Side::few(arguments)?;
    let mut figures = Figures::default();
    eprintln!("{tokens} tokens ...");
    let many = Side::many(arguments)?;
    figures
        .figures
        .extend(starts::measure(&many, arguments, signals)?);
    signals.check()?;
    for (name, cache) in [
        ("hot exchange", Cache::Default),
        ("cold exchange", Cache::Off),
    ] {
        let both = [&many, &few];
        let compared = compare(name, cache, both, arguments, signals)?;
        figures.figures.extend(compared);
    }
    figures
        .figures
        .push(cold_with_all(&many, arguments, signals)?);
    if !few.installation.has_cache()? {
        let note = "this server has no cache: its hot exchange asks the database, too";
        figures.notes.push(note.to_owned());
    }
    figures.figures.extend(memory(&many, arguments)?);
    figures.figures.extend(first_page(&many, arguments)?);
    figures.notes.push(format!(
        "{FEW} tokens are exchanged on either side, spread over all. Where {} are, it is noted when each of so many was used last",
        arguments.touched
    ));
    figures.publish(&place.output("scale.json"))
}

/// Measures both sides in turns, and returns the share of the rate with many tokens. Both sides
/// exchange the same number of tokens, so only the size of the database differs.
fn compare(
    name: &str,
    cache: Cache,
    [many, few]: [&Side; 2],
    arguments: &Arguments,
    signals: &Signals,
) -> Result<Vec<Figure>> {
    eprintln!("{name} ...");
    let cores = arguments.place.cores;
    let running = [
        many.start(cache, Load::Few, cores)?,
        few.start(cache, Load::Few, cores)?,
    ];
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..arguments.rounds {
        let settings = arguments.settings(round);
        for turn in [round % 2, (round + 1) % 2] {
            signals.check()?;
            let (program, requests) = &running[turn];
            let sample = Sample::take(program, requests, Pace::Peak, settings)?;
            rates[turn].push(sample.rate);
        }
    }
    let kept = Spread::of(rates[0].iter().zip(&rates[1]).map(|(many, few)| many / few));
    let spread = |turn: usize| Spread::of(rates[turn].iter().copied()).context("no rounds");
    let figures = vec![
        Figure::median(format!("{name}, {} tokens", many.tokens), spread(0)?, "/s"),
        Figure::median(format!("{name}, {} tokens", few.tokens), spread(1)?, "/s"),
        Figure::median(
            format!("{name}, many / few"),
            kept.context("no rounds")?,
            "",
        )
        .must_be(Bound::AtLeast(RATE_KEPT)),
    ];
    for (program, _) in running {
        program.stop()?;
    }
    Ok(figures)
}

/// The rate if every exchange is of another token. Each one writes a row with the time of use.
fn cold_with_all(many: &Side, arguments: &Arguments, signals: &Signals) -> Result<Figure> {
    let cores = arguments.place.cores;
    let (program, requests) = many.start(Cache::Off, Load::All, cores)?;
    let mut rates = Vec::new();
    for round in 0..arguments.rounds {
        signals.check()?;
        let settings = arguments.settings(round);
        rates.push(Sample::take(&program, &requests, Pace::Peak, settings)?.rate);
    }
    program.stop()?;
    let name = format!("cold exchange of {} different tokens", arguments.touched);
    let spread = Spread::of(rates).context("no rounds")?;
    Ok(Figure::median(name, spread, "/s"))
}

/// The memory of a server that has read more tokens than its cache can hold.
fn memory(many: &Side, arguments: &Arguments) -> Result<Vec<Figure>> {
    eprintln!("memory ...");
    let (program, requests) = many.start(Cache::Default, Load::All, arguments.place.cores)?;
    let address = program.address();
    let mut load = load::Load::connect(address, arguments.connections, &requests, 0)?;
    // Twice, because a cache may only store tokens that are used again.
    load.sweep()?;
    load.sweep()?;
    let full = mebibytes(program.resident_kib()?);
    program.stop()?;
    let name = format!("memory after {} different tokens, twice", arguments.touched);
    Ok(vec![
        Figure::new(name, full, "MiB").must_be(Bound::AtMost(FULL_MIB)),
    ])
}

fn first_page(many: &Side, arguments: &Arguments) -> Result<Vec<Figure>> {
    let program = many
        .installation
        .start(Cache::Default, arguments.place.cores)?;
    let pages = first_pages(&program, OWNER_TOKENS, 500)?;
    let mut figures = Vec::new();
    for (number, (name, latencies)) in pages.iter().enumerate() {
        let [p50, mut p99, longest] =
            latencies.figures(&format!("first page of {OWNER_TOKENS} tokens, {name}"));
        if number == 0 {
            p99 = p99.must_be(Bound::AtMost(FIRST_PAGE_MS));
        }
        figures.extend([p50, p99, longest]);
    }
    program.stop()?;
    Ok(figures)
}

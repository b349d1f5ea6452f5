//! Exchanges in turns with another release, on databases of equal size.

use std::path::Path;

use anyhow::{Context, Result};

use super::arguments::Arguments;
use super::side::{Load, Side};
use crate::figure::{Bound, Figure, Figures};
use crate::load::Pace;
use crate::sample::Sample;
use crate::service::Cache;
use crate::signals::Signals;
use crate::startup::start_to_ready;
use crate::statistics::Spread;

/// The lowest allowed share of the other's exchanges per processor second.
const LEAST: f64 = 0.9;

/// Compares both, hot and cold.
pub fn run(arguments: &Arguments, other: &Path, signals: &Signals) -> Result<()> {
    let tokens = arguments.tokens;
    eprintln!("{tokens} tokens of each release ...");
    let sides = [Side::many(arguments)?, Side::many_beside(other, arguments)?];
    for side in &sides {
        // The log is read once, and its checkpoint is kept.
        let (program, _) = start_to_ready(&side.installation, arguments.place.cores)?;
        program.stop()?;
    }
    let mut figures = Figures {
        notes: vec![format!(
            "by turns, {} of each release; the programs' own processor time, not that of the system beside them",
            arguments.rounds
        )],
        ..Figures::default()
    };
    for (name, cache) in [
        ("hot exchange", Cache::Default),
        ("cold exchange", Cache::Off),
    ] {
        eprintln!("{name} ...");
        let cores = arguments.place.cores;
        let running = [
            sides[0].start(cache, Load::Few, cores)?,
            sides[1].start(cache, Load::Few, cores)?,
        ];
        let mut processor_us = [Vec::new(), Vec::new()];
        for round in 0..arguments.rounds {
            let settings = arguments.settings(round);
            for turn in [round % 2, (round + 1) % 2] {
                signals.check()?;
                let (program, requests) = &running[turn];
                let sample = Sample::take(program, requests, Pace::Peak, settings)?;
                processor_us[turn].push(sample.processor_us);
            }
        }
        let [ours, theirs] = &processor_us;
        let ratio = Spread::of(ours.iter().zip(theirs).map(|(ours, theirs)| theirs / ours));
        let spread = |values: &[f64]| Spread::of(values.iter().copied()).context("no rounds");
        figures.figures.extend([
            Figure::median(format!("{name}, this release"), spread(ours)?, "µs"),
            Figure::median(format!("{name}, the other"), spread(theirs)?, "µs"),
            Figure::median(
                format!("{name}, this / other per processor second"),
                ratio.context("no rounds")?,
                "",
            )
            .must_be(Bound::AtLeast(LEAST)),
        ]);
        for (program, _) in running {
            program.stop()?;
        }
    }
    figures.publish(&arguments.place.output("scale-pairs.json"))
}

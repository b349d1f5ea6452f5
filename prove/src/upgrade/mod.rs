//! A database of the earlier release, which this release upgrades.

mod altered;
mod arguments;
mod findings;
mod ground;
mod large;
mod refusal;
mod rows;
mod scene;
mod taken_over;

use anyhow::Result;

pub use self::arguments::Arguments;
use self::findings::Findings;
use self::ground::Ground;
pub use self::taken_over::stop;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::Tally;

/// Tries the databases one after the other.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let mut rng = place.rng();
    let mut trials = Vec::new();
    for kind in arguments.databases.kinds() {
        let tally = Tally::default();
        let ground = Ground::new(kind, arguments, signals)?;
        let mut findings = Findings::default();
        eprintln!("{}: rows that were put back ...", kind.name());
        taken_over::run(&ground, &tally, &mut findings, signals)?;
        eprintln!("{}: a log that was altered ...", kind.name());
        altered::run(&ground, &tally, &mut findings, signals)?;
        eprintln!("{}: a larger database ...", kind.name());
        large::run(
            &ground,
            arguments.rows,
            &tally,
            &mut findings,
            &mut rng,
            signals,
        )?;
        let mut trial = Trial::new(kind.name(), &tally);
        findings.tell(&mut trial);
        trials.push(trial);
    }
    publish("upgrade", place.seed, &trials, &place.output("upgrade"))
}

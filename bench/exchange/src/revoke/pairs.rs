//! Changes per second, in turns with another release.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::arguments::Arguments;
use super::changes;
use crate::figure::{Bound, Figure, Figures};
use crate::service::{Cache, Installation, Person, database};
use crate::signals::Signals;
use crate::statistics::Spread;

/// The lowest allowed share of the other release's changes per second.
const LEAST: f64 = 0.9;
const CLIENTS: usize = 8;

/// Compares both releases on each named database, and on SQLite.
pub fn run(arguments: &Arguments, other: &Path, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let mut figures = Figures {
        notes: vec![format!(
            "created per second by {CLIENTS} clients, {} turns of each release by turns; a turn is a new database",
            arguments.rounds
        )],
        ..Figures::default()
    };
    for (name, server) in [
        ("SQLite", None),
        ("PostgreSQL", arguments.postgres_url.as_deref()),
        ("MariaDB", arguments.mariadb_url.as_deref()),
    ] {
        if server.is_none() && name != "SQLite" {
            figures.notes.push(format!("no {name} was named"));
            continue;
        }
        let [mut ratios, mut ours, mut theirs] = [const { Vec::new() }; 3];
        for round in 0..arguments.rounds {
            signals.check()?;
            eprintln!("changes on {name}, turn {} ...", round + 1);
            let turn = |programs: &Path, whose: &str| {
                let url = server
                    .map(|server| {
                        let name = format!("bench_{whose}_{round}");
                        database::create(&place.programs, server, &name)
                    })
                    .transpose()?;
                created_per_second(arguments, programs, url.as_deref())
            };
            // Which release goes first changes from turn to turn.
            let (our, their) = if round % 2 == 0 {
                let our = turn(&place.programs, "this")?;
                (our, turn(other, "other")?)
            } else {
                let their = turn(other, "other")?;
                (turn(&place.programs, "this")?, their)
            };
            ratios.push(our / their);
            ours.push(our);
            theirs.push(their);
        }
        let figure = |text: &str, values: Vec<f64>, unit| {
            let median = Spread::of(values).map_or(0.0, |spread| spread.median);
            Figure::new(format!("{text}, {name}"), median, unit)
        };
        figures.figures.extend([
            figure("create, this release", ours, "/s"),
            figure("create, the other", theirs, "/s"),
            figure("this / other", ratios, "").must_be(Bound::AtLeast(LEAST)),
        ]);
    }
    figures.publish(&place.output("revoke-pairs.json"))
}

fn created_per_second(arguments: &Arguments, programs: &Path, url: Option<&str>) -> Result<f64> {
    let place = &arguments.place;
    let installation = Installation::temporary(programs, &place.data(), url)?;
    let program = installation.start(Cache::Default, place.cores)?;
    Person::add(&installation, "ada")?;
    let length = Duration::from_secs_f64(arguments.seconds);
    let rate = changes::created_per_second(&program, "ada", CLIENTS, length)?;
    program.stop()?;
    Ok(rate)
}

//! Changes: how many per second, and how soon a revoked token is refused everywhere.

mod arguments;
mod changes;
mod pairs;
mod probe;
mod replicas;

use std::time::Duration;

use anyhow::Result;

pub use self::arguments::Arguments;
pub use self::changes::created_per_second;
use self::replicas::Replicas;
use crate::figure::{Figure, Figures};
use crate::service::{Cache, Installation, Person, database};
use crate::signals::Signals;

/// Measures changes on SQLite and PostgreSQL, then revocations at three replicas on PostgreSQL.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let Arguments { place, .. } = arguments;
    place.cores.stay_with_the_load()?;
    if let Some(other) = &arguments.beside {
        return pairs::run(arguments, other, signals);
    }
    let mut figures = Figures {
        notes: vec![
            "a change is answered when it is durable; one that takes rights away is answered only when no replica can use its cache any more, where there can be other replicas".to_owned(),
        ],
        ..Figures::default()
    };
    figures
        .figures
        .extend(changes_per_second(arguments, "SQLite", None, signals)?);
    if let Some(server) = &arguments.postgres_url {
        let url = database::create(&place.programs, server, "bench_changes")?;
        figures.figures.extend(changes_per_second(
            arguments,
            "PostgreSQL",
            Some(&url),
            signals,
        )?);
        let url = database::create(&place.programs, server, "bench_replicas")?;
        eprintln!("replicas ...");
        let replicas = Replicas::start(place, &url)?;
        replicas.measure(arguments.revocations, &mut figures, signals)?;
    } else {
        figures
            .notes
            .push("no PostgreSQL, no replicas: no database was named".to_owned());
    }
    figures.publish(&place.output("revoke.json"))
}

/// Changes per second with one client and with eight.
fn changes_per_second(
    arguments: &Arguments,
    name: &str,
    url: Option<&str>,
    signals: &Signals,
) -> Result<Vec<Figure>> {
    let Arguments { place, seconds, .. } = arguments;
    let installation = Installation::temporary(&place.programs, &place.data(), url)?;
    let mut figures = Vec::new();
    for clients in [1, 8] {
        eprintln!("changes on {name}, {clients} clients ...");
        signals.check()?;
        let program = installation.start(Cache::Default, place.cores)?;
        let user = format!("user-{clients}");
        Person::add(&installation, &user)?;
        let length = Duration::from_secs_f64(*seconds);
        figures.extend(changes::measure(&program, &user, clients, length, name)?);
        program.stop()?;
    }
    Ok(figures)
}

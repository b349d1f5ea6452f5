//! Changes: how many per second, and how soon a revoked token is refused everywhere.

mod changes;
mod pairs;
mod probe;
mod replicas;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use self::replicas::Replicas;
use crate::figure::{Figure, Figures};
use crate::place::Place;
use crate::service::{Cache, Installation, Person, database};
use crate::signals::Signals;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// For how long each kind of change is made
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// How many tokens are revoked before the eyes of all replicas
    #[arg(long, default_value_t = 200)]
    revocations: usize,
    /// The programs of another release: only the changes per second are compared with it, by turns
    #[arg(long, value_name = "FOLDER")]
    beside: Option<PathBuf>,
    /// How often each of the two has its turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where a MariaDB is that keeps what it acknowledged
    #[arg(long, env = "ATS_PAT_TEST_MARIADB_URL", hide_env_values = true)]
    mariadb_url: Option<String>,
    /// Where a PostgreSQL is that keeps what it acknowledged; without it there is only SQLite
    #[arg(long, env = "ATS_PAT_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
}

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
        .extend(changes(arguments, "SQLite", None, signals)?);
    if let Some(server) = &arguments.postgres_url {
        let url = database::create(&place.programs, server, "bench_changes")?;
        figures
            .figures
            .extend(changes(arguments, "PostgreSQL", Some(&url), signals)?);
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
fn changes(
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

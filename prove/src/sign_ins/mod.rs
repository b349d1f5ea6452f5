//! Very many people who sign in at the company's identity provider within a minute, beside programs
//! that exchange tokens.

mod exchanges;
mod people;
mod provider;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use self::exchanges::{Exchanges, Phase};
use self::people::People;
use self::provider::Provider;
use crate::clock::go_on;
use crate::databases::{Choice, Kind, Memory, Server};
use crate::installation::Installation;
use crate::place::Place;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::Tally;
use crate::verify::verify;

/// How many people sign in in a minute.
const PER_MINUTE: u64 = 2_000;
/// How long exchanges are measured before and after, at most.
const ALONE: Duration = Duration::from_secs(20);

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    databases: Choice,
    /// How long people sign in, in seconds: 2,000 in a minute
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Tries the databases one after the other.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    fs::create_dir_all(&place.output)?;
    let mut trials = Vec::new();
    for kind in arguments.databases.kinds() {
        trials.push(trial(kind, arguments, signals)?);
    }
    publish("sign-ins", place.seed, &trials, &place.output("sign-ins"))
}

fn trial(kind: Kind, arguments: &Arguments, signals: &Signals) -> Result<Trial> {
    let told = |what: &str| eprintln!("{}: {what} ...", kind.name());
    let place = &arguments.place;
    let work = TempDir::with_prefix("ats-pat-prove-")?;
    // The account of database servers needs access to it.
    fs::set_permissions(work.path(), Permissions::from_mode(0o755))?;
    let folder = work.path().join("database");
    let mut database = kind.server(&folder, work.path(), Memory::Plenty, signals)?;
    if let Some(database) = &mut database {
        database.start(signals)?;
        database.create_database()?;
    }
    let url = database.as_ref().map(Server::url);
    // It is kept, because it explains the findings.
    let log = place
        .output
        .join(format!("sign-ins-{}.log", kind.name().to_lowercase()));
    drop(fs::remove_file(&log));
    let folder = work.path().join("data");
    let installation = Installation::new(&place.programs, &folder, &log, url)?;
    let provider = Provider::start()?;
    let server = installation.start(provider.settings(), signals)?;
    let client = kind.client(installation.folder(), url)?;

    let tally = Tally::default();
    let exchanges = Exchanges::new(&installation, &tally)?;
    let seconds = arguments.seconds;
    let people = People::new(installation.address(), seconds * PER_MINUTE / 60, &tally);
    let length = Duration::from_secs(seconds);
    exchanges.run(|| {
        told("exchanges alone");
        exchanges.begin(Phase::Alone);
        go_on(ALONE.min(length), signals, || Ok(()))?;
        told("exchanges beside sign-ins");
        exchanges.begin(Phase::Beside);
        people.sign_in_within(length, signals)?;
        told("exchanges alone");
        exchanges.begin(Phase::Alone);
        go_on(ALONE.min(length), signals, || Ok(()))
    })?;

    let mut trial = Trial::new(kind.name(), &tally);
    people.tell(length, &mut trial)?;
    exchanges.tell(&mut trial)?;
    let made = client.number("SELECT COUNT(*) FROM identities")?;
    let expected = people.many();
    trial.check(
        format!("each of {expected} people is one user, and nobody else is ({made})"),
        made == expected,
    );
    drop(server);
    let wrong = verify(&installation, &client, None, &tally)?;
    trial.check_none("`audit verify` finds nothing", &wrong);
    Ok(trial)
}

//! A database of the release before, taken over by this one.

mod altered;
mod large;
mod rows;
mod scene;
mod taken_over;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use crate::databases::{Client, Kind, Server};
use crate::installation::Installation;
use crate::place::Place;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::Tally;

/// What an operator reads of a program that meets a database of a later release.
const NEWER: &str = "the database is newer than the program";

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The folder of the programs of the release before
    #[arg(long)]
    former: PathBuf,
    /// A database to try; repeat it for several [default: all]
    #[arg(
        long = "database",
        value_enum,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    databases: Vec<Kind>,
    /// How many rows the larger database has, about
    #[arg(long, default_value_t = 20_000)]
    rows: u32,
}

/// Tries the databases one after the other.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    let mut rng = place.rng();
    let kinds = if arguments.databases.is_empty() {
        vec![Kind::Sqlite, Kind::Postgres, Kind::Mariadb]
    } else {
        arguments.databases.clone()
    };
    let mut trials = Vec::new();
    for kind in kinds {
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

/// What was looked at, and whether it was as it must be.
#[derive(Default)]
struct Findings {
    checks: Vec<(String, Vec<String>)>,
    notes: Vec<String>,
}

impl Findings {
    /// Something that must hold.
    fn check(&mut self, what: impl Into<String>, holds: bool) {
        let what = what.into();
        let wrong = if holds {
            Vec::new()
        } else {
            vec![what.clone()]
        };
        self.checks.push((what, wrong));
    }

    /// Something of which nothing may be wrong.
    fn check_none(&mut self, what: impl Into<String>, wrong: Vec<String>) {
        self.checks.push((what.into(), wrong));
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    fn tell(self, trial: &mut Trial) {
        for (what, wrong) in &self.checks {
            trial.check_none(what, wrong);
        }
        for note in self.notes {
            trial.note(note);
        }
    }
}

/// Where databases of one kind are made, and the programs of both releases.
struct Ground {
    kind: Kind,
    server: Option<Server>,
    former: PathBuf,
    programs: PathBuf,
    work: TempDir,
}

/// One installation with programs of both releases, and its database.
struct Site {
    former: Installation,
    new: Installation,
    client: Client,
}

impl Ground {
    fn new(kind: Kind, arguments: &Arguments, signals: &Signals) -> Result<Self> {
        let work = TempDir::with_prefix("ats-pat-prove-")?;
        // The account of database servers has to pass.
        fs::set_permissions(work.path(), Permissions::from_mode(0o755))?;
        let mut server = kind.server(&work.path().join("database"), work.path(), signals)?;
        if let Some(server) = &mut server {
            server.start(signals)?;
        }
        Ok(Self {
            kind,
            server,
            former: arguments.former.clone(),
            programs: arguments.place.programs.clone(),
            work,
        })
    }

    /// A database of its own.
    fn site(&self, name: &str) -> Result<Site> {
        let url = match &self.server {
            Some(server) => Some(server.create_another(name)?),
            None => None,
        };
        self.site_at(name, url.as_deref())
    }

    /// Another installation on the database of `site`.
    fn beside(&self, name: &str, site: &Site) -> Result<Site> {
        let beside = self.site_at(name, site.former.database_url())?;
        beside.former.share_master_key(&site.former)?;
        Ok(beside)
    }

    fn site_at(&self, name: &str, url: Option<&str>) -> Result<Site> {
        let folder = self.work.path().join(name);
        let log = self.work.path().join(format!("{name}.log"));
        let former = Installation::new(&self.former, &folder, &log, url)?;
        Ok(Site {
            new: former.with_programs(&self.programs),
            client: self.kind.client(&folder, url)?,
            former,
        })
    }

    fn is_server(&self) -> bool {
        self.server.is_some()
    }
}

/// Whether a program ended as one that refuses: with a sentence, and no success.
fn refuses(
    installation: &Installation,
    arguments: &[&str],
    sentence: &str,
) -> Result<Option<String>> {
    let ending = installation.try_admin(arguments, "")?;
    let is_right = !ending.status.success() && ending.errors.contains(sentence);
    let said = ending.errors.trim();
    Ok((!is_right).then(|| format!("`{}`: {}, {said}", arguments.join(" "), ending.status)))
}

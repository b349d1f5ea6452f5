//! Exchanges per second: the service with and without its cache, a floor, and other products.

mod contender;
mod contender_figures;
mod mint;
mod ratio;
mod report;
mod validate;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use self::contender::{Contender, Name};
use self::contender_figures::ContenderFigures;
use self::ratio::Round;
use self::report::{HalfPeak, Report};
use crate::load::Pace;
use crate::place::Place;
use crate::sample::Settings;
use crate::service::{Cache, Installation, database};
use crate::signals::Signals;
use crate::statistics::Spread;

/// The contenders whose latencies at half of their peak rates are reported.
const HALF_PEAKS: [Name; 3] = [Name::Hello, Name::Floor, Name::Hot];

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How often each contender has its turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a turn lasts, after its warm-up
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Connections, each with one request under way
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Different personal access tokens, and credentials of the peers
    #[arg(long, default_value_t = 1000)]
    tokens: usize,
    /// Decides the order of the requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of the programs that were built without the signer in C and assembly
    #[arg(long)]
    pure_rust_programs: Option<PathBuf>,
    /// The folder of the installed peers; without it they take no part
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Where PostgreSQL is; without it that contender takes no part
    #[arg(long, env = "ATS_PAT_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
    /// Where MariaDB is; without it that contender takes no part
    #[arg(long, env = "ATS_PAT_TEST_MARIADB_URL", hide_env_values = true)]
    mariadb_url: Option<String>,
}

/// Measures all contenders, in turns.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    arguments.place.cores.stay_with_the_load()?;
    let field = Field::gather(arguments, signals)?;
    let settings = |round: usize| Settings {
        connections: arguments.connections,
        warm_up: Duration::from_secs_f64(arguments.seconds / 4.0),
        length: Duration::from_secs_f64(arguments.seconds),
        seed: arguments.seed + round as u64,
    };
    for contender in &field.contenders {
        contender.program.suspend()?;
    }
    let rounds = (0..arguments.rounds)
        .map(|round| field.round(round, settings(round), arguments, signals))
        .collect::<Result<Vec<_>>>()?;
    let half_peaks = field.half_peaks(&rounds, settings, signals)?;
    let rows = field.rows(&rounds)?;
    let report = Report {
        rounds: arguments.rounds,
        seconds: arguments.seconds,
        connections: arguments.connections,
        tokens: arguments.tokens,
        seed: arguments.seed,
        ratios: Report::ratios(&rounds),
        contenders: rows,
        half_peaks,
        notes: field.notes,
    };
    report.write(&arguments.place.output("exchange.json"))?;
    println!("{report}");
    report.judge()
}

/// All contenders. They are all running.
struct Field {
    contenders: Vec<Contender>,
    notes: Vec<String>,
}

impl Field {
    fn gather(arguments: &Arguments, signals: &Signals) -> Result<Self> {
        let Arguments { place, tokens, .. } = arguments;
        let Place {
            programs, cores, ..
        } = place;
        let mut field = Self {
            contenders: vec![Contender::hello(programs, *cores)?],
            notes: vec![
                "ideal: 1 / (1/hello + 1/mint alone)".to_owned(),
                "processor time is the program's own; that of database servers is not in it, and they are on the core of the load".to_owned(),
                "whoever is not measured is suspended meanwhile".to_owned(),
                "at half of the peak a program goes before all that the system runs on its core (SCHED_FIFO), if that is allowed".to_owned(),
            ],
        };
        let installation = Installation::temporary(programs, &place.data(), None)?;
        if !installation.has_cache()? {
            let note = "this server has no cache: its hot exchange asks the database, too";
            field.notes.push(note.to_owned());
        }
        let (hot, secrets, looks) =
            Contender::server(Name::Hot, installation, Cache::Default, *tokens, *cores)?;
        let (floor, floor_looks) = Contender::floor(programs, &secrets, *cores)?;
        if !floor_looks.resembles(&looks) {
            bail!(
                "the floor answers {floor_looks:?} and the server {looks:?}: they don't do the same work"
            );
        }
        field.contenders.extend([floor, hot]);
        field.add_servers(arguments, signals)?;
        if let Some(peers) = &arguments.peers {
            for name in [Name::OidcProvider, Name::BetterAuth] {
                signals.check()?;
                let folder = peers.join(name.text());
                field
                    .contenders
                    .push(Contender::peer(name, &folder, *tokens, *cores)?);
            }
        } else {
            field.notes.push("the peers took no part".to_owned());
        }
        Ok(field)
    }

    /// The server with its other settings.
    fn add_servers(&mut self, arguments: &Arguments, signals: &Signals) -> Result<()> {
        let Arguments { place, tokens, .. } = arguments;
        let mut add = |name, programs: &PathBuf, url: Option<&str>, cache| {
            signals.check()?;
            let installation = Installation::temporary(programs, &place.data(), url)?;
            let (server, ..) = Contender::server(name, installation, cache, *tokens, place.cores)?;
            self.contenders.push(server);
            anyhow::Ok(())
        };
        if let Some(programs) = &arguments.pure_rust_programs {
            add(Name::HotPureRust, programs, None, Cache::Default)?;
        }
        add(Name::ColdSqlite, &place.programs, None, Cache::Off)?;
        for (name, url) in [
            (Name::ColdPostgres, &arguments.postgres_url),
            (Name::ColdMariadb, &arguments.mariadb_url),
        ] {
            match url {
                Some(url) => {
                    let url = database::create(&place.programs, url, "bench_exchange")?;
                    add(name, &place.programs, Some(&url), Cache::Off)?;
                }
                None => self
                    .notes
                    .push(format!("no {}: no database was named", name.text())),
            }
        }
        Ok(())
    }

    /// One turn for each contender. Each round begins with another one, so that no contender always
    /// follows the same neighbour and finds the machine as that one left it.
    fn round(
        &self,
        number: usize,
        settings: Settings,
        arguments: &Arguments,
        signals: &Signals,
    ) -> Result<Round> {
        eprintln!("round {} of {} ...", number + 1, arguments.rounds);
        let Place {
            programs, cores, ..
        } = &arguments.place;
        let mut samples = Vec::new();
        for turn in 0..self.contenders.len() {
            signals.check()?;
            let contender = &self.contenders[(turn + number) % self.contenders.len()];
            samples.push((contender.name, contender.sample(Pace::Peak, settings)?));
        }
        let minting = mint::mint(programs, settings.length, *cores)?;
        samples.push((Name::Mint, minting));
        Ok(Round(samples))
    }

    /// The exchange from the cache at half of its peak rate, and for comparison the contenders that
    /// do less.
    fn half_peaks(
        &self,
        rounds: &[Round],
        settings: impl Fn(usize) -> Settings,
        signals: &Signals,
    ) -> Result<Vec<HalfPeak>> {
        eprintln!("half of the peak rates ...");
        let named = |name: &Name| self.contenders.iter().find(|one| one.name == *name);
        let mut all = Vec::new();
        for contender in HALF_PEAKS.iter().filter_map(named) {
            let peaks = rounds.iter().filter_map(|round| round.of(contender.name));
            let Some(peak) = Spread::of(peaks.map(|sample| sample.rate)) else {
                continue;
            };
            contender.program.put_first(true)?;
            let mut samples = Vec::new();
            for round in 0..rounds.len() {
                signals.check()?;
                let pace = Pace::Rate(peak.median / 2.0);
                samples.push(contender.sample(pace, settings(round))?);
            }
            contender.program.put_first(false)?;
            all.extend(HalfPeak::of(contender.name, &samples));
        }
        Ok(all)
    }

    fn rows(&self, rounds: &[Round]) -> Result<Vec<ContenderFigures>> {
        let mut rows = Vec::new();
        for contender in &self.contenders {
            let resident = contender.program.resident_kib()?;
            rows.push((contender.name, Some(resident)));
        }
        rows.push((Name::Mint, None));
        rows.sort_by_key(|(name, _)| *name);
        let row = |(name, resident)| ContenderFigures::of(name, rounds, resident);
        Ok(rows.into_iter().filter_map(row).collect())
    }
}

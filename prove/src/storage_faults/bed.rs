//! The parts of a trial with storage faults: a disk, a database and a server.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use tempfile::TempDir;

use crate::clock::wait_for;
use crate::databases::{Client, Kind, Memory, Server, Size};
use crate::faults::{Disk, Gate};
use crate::health::readiness;
use crate::installation::Installation;
use crate::program::Program;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

const LOG_FILTER: &str = "warn,ats_pat_api::front=debug";
/// How long a database server may take to answer after its storage failed. After that it is
/// restarted.
const ANSWER: Duration = Duration::from_secs(15);
/// How long a server may take to be ready by itself. MariaDB checks for free space once a minute.
const RECOVERY: Duration = Duration::from_secs(75);

/// All parts. Programs end before the disk is unmounted.
pub struct Bed {
    /// The kind of database.
    pub kind: Kind,
    /// The service that is tried.
    pub installation: Arc<Installation>,
    /// Asks the database, past the service.
    pub client: Client,
    /// Opens and closes random faults.
    pub gate: Gate,
    log: PathBuf,
    program: Option<Program>,
    database: Option<Server>,
    /// Where the database is.
    pub disk: Disk,
    rng: Rng,
    _work: TempDir,
}

impl Bed {
    /// Makes one that is ready.
    pub fn new(
        kind: Kind,
        size: Size,
        programs: &Path,
        rng: Rng,
        signals: &Signals,
    ) -> Result<Self> {
        let work = TempDir::with_prefix("ats-pat-prove-")?;
        // The account of database servers needs access to it.
        fs::set_permissions(work.path(), Permissions::from_mode(0o755))?;
        let disk = Disk::mount(&work.path().join("disk"), kind.mebibytes(size))?;
        let gate = Gate::new(work.path(), disk.place(), kind.data_files())?;
        let mut database = kind.server(
            &disk.place().join("database"),
            work.path(),
            Memory::Little,
            signals,
        )?;
        if let Some(database) = &mut database {
            database.set_environment(gate.environment());
            database.start(signals)?;
            database.create_database()?;
        }
        // SQLite's log is on the failing disk, too.
        let place = if database.is_some() {
            work.path()
        } else {
            disk.place()
        };
        let (folder, log) = (place.join("data"), place.join("server.log"));
        let url = database.as_ref().map(Server::url);
        let installation = Installation::new(programs, &folder, &log, url)?;
        let client = kind.client(&folder, url)?;
        let mut bed = Self {
            kind,
            installation: Arc::new(installation),
            client,
            gate,
            disk,
            log,
            program: None,
            database,
            rng,
            _work: work,
        };
        bed.start_server(signals)?;
        Ok(bed)
    }

    /// Starts the server, which must not be running.
    pub fn start_server(&mut self, signals: &Signals) -> Result<()> {
        let environment = match self.kind {
            Kind::Sqlite => {
                let mut environment = self.gate.environment();
                // The log is on the failing disk, and gets a line for each answer, so that it is
                // written often.
                environment.push(("ATS_PAT_LOG".to_owned(), LOG_FILTER.to_owned()));
                environment
            }
            Kind::Postgres | Kind::Mariadb => Vec::new(),
        };
        self.program = Some(self.installation.start(environment, signals)?);
        Ok(())
    }

    /// From now on, the storage fails at random for files that match.
    pub fn fail(&mut self, pattern: &str, often: bool) -> Result<()> {
        self.gate.open(pattern, often, &mut self.rng)
    }

    /// Kills the server, like a loss of power.
    pub fn kill_server(&mut self) -> Result<()> {
        let program = self.program.as_mut().context("the server does not run")?;
        program.kill().map(drop)
    }

    /// Kills the database server, if there is one. Returns whether there is one.
    pub fn kill_database(&mut self) -> Result<bool> {
        match &mut self.database {
            Some(database) => database.kill().map(|()| true),
            None => Ok(false),
        }
    }

    /// Starts the programs that have ended. The storage must not fail in the meantime.
    pub fn revive(&mut self, tally: &Tally, signals: &Signals) -> Result<()> {
        if let Some(database) = &mut self.database
            && !database.is_running()?
        {
            tally.add(Count::DatabaseEnds);
            database.start(signals)?;
        }
        let runs = match &mut self.program {
            Some(program) => program.is_running()?,
            None => false,
        };
        if !runs {
            tally.add(Count::ServerEnds);
            self.start_server(signals)?;
        }
        Ok(())
    }

    /// Kills a database server that runs and doesn't answer even without faults. That is a defect
    /// of the database, not of the service.
    fn unstick_database(&mut self, signals: &Signals) -> Result<()> {
        let Some(database) = &mut self.database else {
            return Ok(());
        };
        let client = self.client.clone();
        let answers = wait_for("an answer", ANSWER, signals, || {
            let ended = !database.is_running()?;
            Ok((ended || client.ask("SELECT 1").is_ok()).then_some(()))
        });
        signals.check()?;
        if answers.is_err() {
            eprintln!("{} does not answer after faults: killed", self.kind.name());
            database.kill()?;
        }
        Ok(())
    }

    /// Whether server and database run.
    pub fn is_whole(&mut self) -> Result<bool> {
        let database = match &mut self.database {
            Some(database) => database.is_running()?,
            None => true,
        };
        let program = match &mut self.program {
            Some(program) => program.is_running()?,
            None => false,
        };
        Ok(database && program)
    }

    /// Ends all faults, and waits until the server is ready by itself. If it doesn't get ready, it
    /// is restarted.
    pub fn calm(&mut self, tally: &Tally, signals: &Signals) -> Result<()> {
        self.gate.close()?;
        self.disk.free()?;
        self.unstick_database(signals)?;
        self.revive(tally, signals)?;
        let at = self.installation.address();
        let ready = || {
            let ready = readiness(at);
            Ok(ready.is_ready.then_some(()))
        };
        if wait_for("ready", RECOVERY, signals, ready).is_err() {
            signals.check()?;
            let reason = readiness(at).reason;
            let text = format!("not ready by itself after the faults: {reason}");
            tally.violation(Count::Unready, &text);
            self.kill_server()?;
            self.revive(tally, signals)?;
            if wait_for("ready", RECOVERY, signals, ready).is_err() {
                bail!("not ready after a start: {}", readiness(at).reason);
            }
        }
        // It must not fill the disk by itself.
        if let Ok(log) = File::options().write(true).open(&self.log) {
            log.set_len(0)?;
        }
        Ok(())
    }
}

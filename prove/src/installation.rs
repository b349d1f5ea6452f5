//! One installation of the service: a data folder, a database, a port, settings.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::clock::wait_for;
use crate::http::{Caller, Reply};
use crate::program::{Ending, Program, finish};
use crate::signals::Signals;

/// How long a server may take until it listens. After a crash, the database may recover first.
const START: Duration = Duration::from_mins(1);

/// The files and programs of an installation.
#[derive(Clone)]
pub struct Installation {
    programs: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    database_url: Option<String>,
    address: SocketAddr,
}

impl Installation {
    /// An installation with the data folder `folder`. Its database is the one at `database_url`, or
    /// SQLite in the folder. The server's log goes to `log`.
    pub fn new(
        programs: &Path,
        folder: &Path,
        log: &Path,
        database_url: Option<&str>,
    ) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            programs: programs.to_owned(),
            folder: folder.to_owned(),
            log: log.to_owned(),
            database_url: database_url.map(ToOwned::to_owned),
            address: free_address()?,
        })
    }

    /// The address at which its server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The data folder of the server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of its database; `None` for SQLite in the data folder.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// Makes it a replica of another installation on the same database.
    pub fn share_master_key(&self, other: &Self) -> Result<()> {
        let [from, to] = [other, self].map(|one| one.folder.join("master.key"));
        fs::copy(from, to).context("there is no master key to share")?;
        Ok(())
    }

    /// The same installation with the programs of another release.
    pub fn with_programs(&self, programs: &Path) -> Self {
        Self {
            programs: programs.to_owned(),
            ..self.clone()
        }
    }

    /// The same installation at another address.
    pub fn elsewhere(&self) -> Result<Self> {
        Ok(Self {
            address: free_address()?,
            ..self.clone()
        })
    }

    /// Starts the server with these variables in addition to its settings, and waits until it
    /// answers.
    pub fn start(&self, environment: Vec<(String, String)>, signals: &Signals) -> Result<Program> {
        let mut command = self.program("ats-pat-server");
        command.envs(environment);
        let mut program = Program::start(&mut command, &self.log)?;
        self.wait(&mut program, START, signals)?;
        Ok(program)
    }

    /// Starts the server, and doesn't wait.
    pub fn spawn(&self) -> Result<Program> {
        Program::start(&mut self.program("ats-pat-server"), &self.log)
    }

    /// Waits until the server answers.
    pub fn wait(&self, program: &mut Program, patience: Duration, signals: &Signals) -> Result<()> {
        wait_for("the server listens", patience, signals, || {
            if !program.is_running()? {
                bail!("the server ended: {}", program.last_words());
            }
            let live = Caller::new(self.address).get("/health/live", &[]);
            Ok(matches!(live, Reply::Answer(_)).then_some(()))
        })
    }

    /// The output of this installation's servers.
    pub fn said(&self) -> Result<String> {
        fs::read_to_string(&self.log).with_context(|| format!("cannot read {}", self.log.display()))
    }

    /// Runs the admin program to its end, with or without success.
    pub fn try_admin(&self, arguments: &[&str], input: &str) -> Result<Ending> {
        finish(self.program("ats-pat-admin").args(arguments), input)
    }

    /// Runs the admin program, which must succeed. Returns its output.
    pub fn admin(&self, arguments: &[&str], input: &str) -> Result<String> {
        let ending = self.try_admin(arguments, input)?;
        if !ending.status.success() {
            let what = arguments.join(" ");
            bail!("`ats-pat-admin {what}` failed: {}", ending.errors.trim());
        }
        Ok(ending.output)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .env("ATS_PAT_DATA_DIR", &self.folder)
            .env("ATS_PAT_LISTEN", self.address.to_string())
            .env("ATS_PAT_LOG", "warn")
            // Callers choose their address, so that no limit on failures of one address is reached.
            .env("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1/32")
            .env("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0")
            .env("ATS_PAT_POLICY_MAX_ACTIVE_TOKENS", "100000")
            .env("ATS_PAT_SIGN_IN_FAILURES_PER_QUARTER_HOUR", "10000");
        if let Some(url) = &self.database_url {
            command.env("ATS_PAT_DATABASE_URL", url);
        }
        command
    }
}

/// A port of the loopback address that is free now. A server keeps it when it is restarted.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

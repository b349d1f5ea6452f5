//! A database server that can be killed and started again.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Client;
use crate::clock::wait_for;
use crate::program::Program;
use crate::signals::Signals;

/// How long recovery may take.
const START: Duration = Duration::from_mins(1);
/// The database of the service.
pub const DATABASE: &str = "pat";

/// One server, running or not.
pub struct Server {
    /// Makes the command for running it in the foreground.
    command: Box<dyn Fn() -> Command>,
    log: PathBuf,
    /// Of an administrative database.
    client: Client,
    /// Of the service's database.
    url: String,
    environment: Vec<(String, String)>,
    program: Option<Program>,
}

impl Server {
    /// A server that doesn't run yet.
    pub fn new(
        command: Box<dyn Fn() -> Command>,
        log: PathBuf,
        client: Client,
        url: String,
    ) -> Self {
        Self {
            command,
            log,
            client,
            url,
            environment: Vec::new(),
            program: None,
        }
    }

    /// Starts it with these variables from now on.
    pub fn set_environment(&mut self, variables: Vec<(String, String)>) {
        self.environment = variables;
    }

    /// Starts it, and waits until it answers. If it ends in the meantime, it is started again,
    /// because a killed PostgreSQL leaves memory that its children still use.
    pub fn start(&mut self, signals: &Signals) -> Result<()> {
        let client = self.client.clone();
        wait_for("the database answers", START, signals, || {
            if !self.is_running()? {
                let mut command = (self.command)();
                command.envs(self.environment.iter().cloned());
                self.program = Some(Program::start(&mut command, &self.log)?);
            }
            Ok(client.ask("SELECT 1").is_ok().then_some(()))
        })
        .with_context(|| {
            self.program
                .as_ref()
                .map_or_else(String::new, Program::last_words)
        })
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> Result<bool> {
        match &mut self.program {
            Some(program) => program.is_running(),
            None => Ok(false),
        }
    }

    /// Kills it, like a loss of power.
    pub fn kill(&mut self) -> Result<()> {
        match &mut self.program {
            Some(program) => program.kill().map(drop),
            None => bail!("the database server was never started"),
        }
    }

    /// Makes the service's database.
    pub fn create_database(&self) -> Result<()> {
        self.client
            .ask(&format!("CREATE DATABASE {DATABASE}"))
            .map(drop)
    }

    /// Makes another database. Returns its URL.
    pub fn create_another(&self, name: &str) -> Result<String> {
        self.client.ask(&format!("CREATE DATABASE {name}"))?;
        let server = self.url.strip_suffix(DATABASE);
        let server = server.context("a URL has another form")?;
        Ok(format!("{server}{name}"))
    }

    /// The URL of the service's database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

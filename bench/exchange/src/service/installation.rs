//! One installation: a data folder, a database, settings.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::cores::Cores;
use crate::program::Program;

const CACHE_ENTRIES: &str = "ATS_PAT_CACHE_ENTRIES";
/// One person makes all the changes.
const CHANGES_PER_MINUTE: &str = "ATS_PAT_CHANGES_PER_USER_PER_MINUTE";
/// The exit code of a program that got an unknown setting.
const WRONG_USAGE: i32 = 2;

/// What the server may keep of the rows that it read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// What the program keeps by default.
    Default,
    /// Nothing. Every exchange asks the database.
    Off,
}

/// A data folder and its settings.
pub struct Installation {
    programs: PathBuf,
    folder: PathBuf,
    database_url: Option<String>,
    _temporary: Option<TempDir>,
}

impl Installation {
    /// A new installation in a folder inside `data`. The folder is removed with this value. Its
    /// database is the one at `database_url`, or SQLite in the folder.
    pub fn temporary(programs: &Path, data: &Path, database_url: Option<&str>) -> Result<Self> {
        fs::create_dir_all(data)?;
        let folder = TempDir::with_prefix_in("installation-", data)?;
        Ok(Self {
            folder: folder.path().to_owned(),
            _temporary: Some(folder),
            ..Self::at(programs, data, database_url)
        })
    }

    /// The installation in this folder, which stays.
    pub fn at(programs: &Path, folder: &Path, database_url: Option<&str>) -> Self {
        Self {
            programs: programs.to_owned(),
            folder: folder.to_owned(),
            database_url: database_url.map(ToOwned::to_owned),
            _temporary: None,
        }
    }

    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// The data folder of the server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of its database.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| {
            let file = self.folder.join("ats-pat.db");
            format!("sqlite:{}", file.display())
        })
    }

    /// Makes it a replica of another installation on the same database.
    pub fn share_master_key(&self, other: &Self) -> Result<()> {
        let [from, to] = [other, self].map(|one| one.folder.join("master.key"));
        fs::copy(from, to).context("no master key to share")?;
        Ok(())
    }

    /// Starts its server. The caller says whether it must ask the database each time.
    pub fn start(&self, cache: Cache, cores: Cores) -> Result<Program> {
        let mut command = self.program("ats-pat-server");
        if cache == Cache::Off && self.has_cache()? {
            command.env(CACHE_ENTRIES, "0");
        }
        if self.knows(CHANGES_PER_MINUTE)? {
            command.env(CHANGES_PER_MINUTE, "0");
        }
        Program::start(command, cores)
    }

    /// Whether this release has a cache that can be turned off.
    pub fn has_cache(&self) -> Result<bool> {
        self.knows(CACHE_ENTRIES)
    }

    /// Whether this release has a setting. Programs refuse settings that they don't know.
    fn knows(&self, setting: &str) -> Result<bool> {
        let mut command = self.admin_program(&["db", "status"]);
        command.env(setting, "0").stderr(Stdio::null());
        let output = command
            .output()
            .context("the admin program can't be started")?;
        Ok(output.status.code() != Some(WRONG_USAGE))
    }

    /// Runs the admin program, which must succeed. Returns its output.
    pub fn admin(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut command = self.admin_program(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .context("the admin program can't be started")?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!(
                "ats-pat-admin {} failed ({})",
                arguments.join(" "),
                output.status
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn admin_program(&self, arguments: &[&str]) -> Command {
        let mut command = self.program("ats-pat-admin");
        command.args(arguments);
        command
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .env("ATS_PAT_DATA_DIR", &self.folder)
            .env("ATS_PAT_LISTEN", "127.0.0.1:0")
            .env("ATS_PAT_LOG", "error")
            // One person may have them all.
            .env("ATS_PAT_POLICY_MAX_ACTIVE_TOKENS", "100000");
        if let Some(url) = &self.database_url {
            command.env("ATS_PAT_DATABASE_URL", url);
        }
        command
    }
}

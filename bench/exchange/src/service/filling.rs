//! Many tokens at once. The program that knows the tables makes them.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::database::PROGRAM;
use super::{Installation, PersonalAccessToken};

/// The content of a filled database.
#[derive(Clone, Copy)]
pub struct Filling<'a> {
    pub tokens: u64,
    pub owners: u64,
    /// The id of an existing user, and the number of tokens that this user gets.
    pub owner: Option<(&'a str, u64)>,
    /// One of this many tokens is revoked. `None` revokes none.
    pub ended_of: Option<u64>,
    /// The number of tokens whose secrets are needed, evenly spread over all.
    pub sample: u64,
}

impl Installation {
    /// Fills its database. It must have no tokens, and no program may use it. Returns the tokens of
    /// the sample.
    pub fn fill(&self, filling: &Filling<'_>) -> Result<Vec<PersonalAccessToken>> {
        let sample = self.folder().join("sample");
        let mut command = Command::new(self.programs().join(PROGRAM));
        command
            .arg("fill")
            .arg("--master-key-file")
            .arg(self.folder().join("master.key"))
            .args(["--tokens", &filling.tokens.to_string()])
            .args(["--owners", &filling.owners.to_string()])
            .args(["--sample", &filling.sample.to_string()])
            .arg("--sample-file")
            .arg(&sample)
            .env("BENCH_DATABASE_URL", self.database_url());
        if let Some((owner, tokens)) = filling.owner {
            command.args(["--owner", owner]);
            command.args(["--owner-tokens", &tokens.to_string()]);
        }
        if let Some(of) = filling.ended_of {
            command.args(["--ended-of", &of.to_string()]);
        }
        let status = command
            .status()
            .with_context(|| format!("cannot start {PROGRAM}"))?;
        if !status.success() {
            bail!("{PROGRAM} failed ({status})");
        }
        self.sample()
    }

    /// Removes its checkpoints, so that its next start reads the event log from the beginning.
    pub fn forget_checkpoints(&self) -> Result<()> {
        let status = Command::new(self.programs().join(PROGRAM))
            .arg("forget")
            .env("BENCH_DATABASE_URL", self.database_url())
            .status()
            .with_context(|| format!("cannot start {PROGRAM}"))?;
        if !status.success() {
            bail!("{PROGRAM} failed ({status})");
        }
        let file = self.folder().join("checkpoint");
        if file.exists() {
            fs::remove_file(file)?;
        }
        Ok(())
    }

    /// The tokens of the sample of a filled database.
    pub fn sample(&self) -> Result<Vec<PersonalAccessToken>> {
        let secrets = fs::read_to_string(self.folder().join("sample"))?;
        let tokens = secrets.lines().map(ToOwned::to_owned);
        Ok(tokens.map(PersonalAccessToken::new).collect())
    }
}

//! One of the two databases.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::arguments::{Arguments, FEW, OWNER_TOKENS};
use crate::cores::Cores;
use crate::http::{Connection, Request};
use crate::program::Program;
use crate::service::{Cache, Filling, Installation, Person, PersonalAccessToken, database};

/// Made last in the folder of a database that was filled to its end.
const COMPLETE: &str = "complete";

pub struct Side {
    pub tokens: u64,
    pub installation: Installation,
    sample: Vec<PersonalAccessToken>,
}

/// Which tokens are exchanged.
#[derive(Clone, Copy)]
pub enum Load {
    /// As many as the small database has.
    Few,
    /// The whole sample.
    All,
}

impl Side {
    /// A thousand tokens of ten people.
    pub fn few(arguments: &Arguments) -> Result<Self> {
        let place = &arguments.place;
        let url = url(arguments, "bench_few")?;
        let installation = Installation::temporary(&place.programs, &place.data(), url.as_deref())?;
        Self::fill(installation, FEW, 10, None, FEW)
    }

    /// The many, of a hundred people each, and those of one who has ten thousand.
    pub fn many(arguments: &Arguments) -> Result<Self> {
        let Arguments { place, tokens, .. } = arguments;
        let (programs, data) = (&place.programs, place.data());
        let kept = data.join(format!("scale-{tokens}"));
        let may_be_kept = arguments.keep && arguments.postgres_url.is_none();
        if may_be_kept && kept.join(COMPLETE).exists() {
            let installation = Installation::at(programs, &kept, None);
            return Ok(Self {
                tokens: *tokens,
                sample: installation.sample()?,
                installation,
            });
        }
        remove(&kept)?;
        let installation = if may_be_kept {
            Installation::at(programs, &kept, None)
        } else {
            let url = url(arguments, "bench_many")?;
            Installation::temporary(programs, &data, url.as_deref())?
        };
        let owners = tokens.div_ceil(100);
        let owner_tokens = OWNER_TOKENS.min(*tokens);
        let many = Self::fill(
            installation,
            *tokens,
            owners,
            Some(owner_tokens),
            arguments.touched,
        )?;
        if may_be_kept {
            fs::write(kept.join(COMPLETE), "")?;
        }
        Ok(many)
    }

    /// Starts its server; each of the tokens to be exchanged was exchanged once, so that a cache holds it. Gives the
    /// exchanges too.
    pub fn start(&self, cache: Cache, load: Load, cores: Cores) -> Result<(Program, Vec<Request>)> {
        let program = self.installation.start(cache, cores)?;
        let step = match load {
            Load::Few => self.sample.len().div_ceil(usize::try_from(FEW)?),
            Load::All => 1,
        };
        let tokens = self.sample.iter().step_by(step);
        let requests: Vec<_> = tokens
            .map(|token| token.exchange(program.address()))
            .collect();
        if matches!(load, Load::Few) {
            let mut connection = Connection::open(program.address())?;
            for request in &requests {
                connection.body(request)?;
            }
        }
        Ok((program, requests))
    }

    fn fill(
        installation: Installation,
        tokens: u64,
        owners: u64,
        owner_tokens: Option<u64>,
        sample: u64,
    ) -> Result<Self> {
        let owner = Person::add(&installation, "ada")?;
        let sample = installation.fill(&Filling {
            tokens,
            owners,
            owner: owner_tokens.map(|tokens| (owner.as_str(), tokens)),
            sample,
        })?;
        Ok(Self {
            tokens,
            installation,
            sample,
        })
    }
}

fn url(arguments: &Arguments, name: &str) -> Result<Option<String>> {
    let server = arguments.postgres_url.as_ref();
    server
        .map(|server| database::create(&arguments.place.programs, server, name))
        .transpose()
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

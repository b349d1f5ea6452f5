//! One of the two databases.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::arguments::{Arguments, ENDED_OF, FEW, OWNER_TOKENS};
use crate::cores::Cores;
use crate::http::{Connection, Request};
use crate::program::Program;
use crate::service::{Cache, Filling, Installation, Person, PersonalAccessToken, database};

/// The last file that is made in the folder of a completely filled database.
const COMPLETE: &str = "complete";

pub struct Side {
    pub tokens: u64,
    pub installation: Installation,
    sample: Vec<PersonalAccessToken>,
}

/// The tokens that are exchanged.
#[derive(Clone, Copy)]
pub enum Load {
    /// As many as the small database has.
    Few,
    /// All tokens of the sample.
    All,
}

impl Side {
    /// A thousand tokens of ten people.
    pub fn few(arguments: &Arguments) -> Result<Self> {
        let place = &arguments.place;
        let url = url(arguments, "bench_few")?;
        let installation = Installation::temporary(&place.programs, &place.data(), url.as_deref())?;
        let few = Filling {
            tokens: FEW,
            owners: 10,
            owner: None,
            ended_of: None,
            sample: FEW,
        };
        Self::fill(installation, few, 0)
    }

    /// The many tokens, of a hundred people each, and those of one person who has ten thousand. One
    /// of five is revoked.
    pub fn many(arguments: &Arguments) -> Result<Self> {
        let programs = &arguments.place.programs;
        Self::many_of(programs, "scale", Some(ENDED_OF), arguments)
    }

    /// The many tokens, filled by another release, which may not be able to revoke any.
    pub fn many_beside(programs: &Path, arguments: &Arguments) -> Result<Self> {
        Self::many_of(programs, "scale-beside", None, arguments)
    }

    fn many_of(
        programs: &Path,
        name: &str,
        ended_of: Option<u64>,
        arguments: &Arguments,
    ) -> Result<Self> {
        let Arguments { place, tokens, .. } = arguments;
        let data = place.data();
        let kept = data.join(format!("{name}-{tokens}"));
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
            let url = url(arguments, &format!("bench_{}", name.replace('-', "_")))?;
            Installation::temporary(programs, &data, url.as_deref())?
        };
        let filling = Filling {
            tokens: *tokens,
            owners: tokens.div_ceil(100),
            owner: None,
            ended_of,
            sample: arguments.touched,
        };
        let many = Self::fill(installation, filling, OWNER_TOKENS.min(*tokens))?;
        if may_be_kept {
            fs::write(kept.join(COMPLETE), "")?;
        }
        Ok(many)
    }

    /// Starts its server. Each of the tokens was exchanged once, so that a cache has it. Returns
    /// the exchanges, too.
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

    /// Fills it. This many of the tokens belong to one person.
    fn fill(installation: Installation, filling: Filling<'_>, of_one: u64) -> Result<Self> {
        let owner = Person::add(&installation, "ada")?;
        let sample = installation.fill(&Filling {
            owner: (of_one > 0).then_some((owner.as_str(), of_one)),
            ..filling
        })?;
        Ok(Self {
            tokens: filling.tokens,
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

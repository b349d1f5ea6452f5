//! The changes that take rights away, and how they are measured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::person::{Person, Token};
use crate::probe::Probe;
use crate::program::Programs;

/// The number of tokens that are used all the time and keep their rights.
const BYSTANDERS: usize = 30;
/// The pause between two changes.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a token is tried after its change. This is longer than it may be accepted.
const WATCH: Duration = Duration::from_secs(3);

/// A change that takes rights away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Revoke,
    Regenerate,
    DisableOwner,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Revoke, Self::Regenerate, Self::DisableOwner];

    const fn count(self) -> usize {
        match self {
            Self::Revoke => 40,
            Self::Regenerate => 20,
            Self::DisableOwner => 10,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Revoke => "revoke",
            Self::Regenerate => "regenerate",
            Self::DisableOwner => "disable owner",
        })
    }
}

/// One change: the number of its kind.
#[derive(Clone, Copy)]
pub struct Change {
    kind: Kind,
    number: usize,
}

impl Change {
    /// All of them, the kinds mixed.
    pub fn order() -> Vec<Self> {
        let mut changes: Vec<_> = Kind::ALL
            .into_iter()
            .flat_map(|kind| (0..kind.count()).map(move |number| Self { kind, number }))
            .collect();
        changes.sort_by_key(|change| (change.number * 40 / change.kind.count(), change.kind));
        changes
    }
}

/// All programs, and the tokens that will lose their rights.
pub struct Stage {
    person: Person,
    leavers: Vec<(Person, Token)>,
    revoked: Vec<Token>,
    regenerated: Vec<Token>,
    bystanders: Arc<[Token]>,
}

impl Stage {
    pub async fn prepare(programs: &Programs) -> Result<Self> {
        let person = Person::join(programs, "ada".to_owned()).await?;
        let tokens = async |name: &str, count: usize| -> Result<Vec<Token>> {
            let mut made = Vec::new();
            for number in 0..count {
                made.push(person.create(&format!("{name} {number}")).await?);
            }
            Ok(made)
        };
        let mut leavers = Vec::new();
        for number in 0..Kind::DisableOwner.count() {
            let leaver = Person::join(programs, format!("leaver-{number}")).await?;
            let token = leaver.create("last").await?;
            leavers.push((leaver, token));
        }
        Ok(Self {
            revoked: tokens("revoked", Kind::Revoke.count()).await?,
            regenerated: tokens("regenerated", Kind::Regenerate.count()).await?,
            bystanders: tokens("bystander", BYSTANDERS).await?.into(),
            leavers,
            person,
        })
    }

    /// The tokens that keep their rights.
    pub fn bystanders(&self) -> &Arc<[Token]> {
        &self.bystanders
    }

    /// Waits until every service accepts a token, makes the change, and goes on trying the token in
    /// the background.
    pub async fn measure(&self, programs: &Programs, change: Change) -> Result<Measuring> {
        let Change { kind, number } = change;
        let token = match kind {
            Kind::Revoke => &self.revoked[number],
            Kind::Regenerate => &self.regenerated[number],
            Kind::DisableOwner => &self.leavers[number].1,
        };
        let bearer = token.client.bearer().await?;
        let mut probes = Vec::new();
        for service in &programs.services {
            let mut probe = Probe::start(service, bearer.clone());
            probe
                .accepted()
                .await
                .with_context(|| format!("{} does not accept a token that holds", service.name))?;
            probes.push((service.name, probe));
        }
        sleep(PAUSE).await;
        match kind {
            Kind::Revoke => self.person.revoke(token).await?,
            Kind::Regenerate => self.person.regenerate(token).await?,
            Kind::DisableOwner => {
                let owner = &self.leavers[number].0.name;
                programs.admin(&["user", "disable", owner], "").await?;
            }
        }
        let acknowledged = Instant::now();
        let samples = probes.into_iter().map(|(service, probe)| {
            tokio::spawn(async move {
                let last = probe.last_accepted(acknowledged + WATCH).await?;
                Ok(Sample {
                    service,
                    kind,
                    late: last.saturating_duration_since(acknowledged),
                })
            })
        });
        Ok(Measuring(samples.collect()))
    }
}

/// Tokens that are still tried.
pub struct Measuring(Vec<JoinHandle<Result<Sample>>>);

impl Measuring {
    pub async fn samples(self) -> Result<Vec<Sample>> {
        let mut samples = Vec::new();
        for sample in self.0 {
            samples.push(sample.await??);
        }
        Ok(samples)
    }
}

/// When the last request began that a service accepted, after the acknowledgement of the change;
/// zero if there was none.
pub struct Sample {
    pub service: &'static str,
    pub kind: Kind,
    pub late: Duration,
}

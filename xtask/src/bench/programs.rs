//! Builds the measured and the measuring programs, with the profile of a release.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;
use cargo_metadata::camino::Utf8PathBuf;

use super::cores::Cores;
use crate::databases::{Choice, Durability, with_durable, with_private};
use crate::process::Signals;
use crate::workspace;

/// The profile of a release. The promised figures are for it.
pub const PROFILE: &str = "dist";
const BENCH: &str = "bench-exchange";
const SERVER: &str = "ats-pat-server";
/// The programs of the service.
const PRODUCT: [&str; 2] = [SERVER, "ats-pat-admin"];
/// The programs that measure.
const MEASURES: [&str; 2] = [BENCH, "bench-database"];

/// The programs, built as for a release.
pub struct Programs {
    metadata: Metadata,
}

impl Programs {
    pub fn build(signals: &Signals) -> Result<Self> {
        let programs = Self {
            metadata: workspace::metadata()?,
        };
        // A separate build, because features that only the measuring programs need must not change
        // the measured ones.
        signals.succeed(&mut build(&PRODUCT))?;
        signals.succeed(&mut build(&MEASURES))?;
        Ok(programs)
    }

    /// Like [`Self::build`]. If the server has default features, this also returns a folder with
    /// the server that was built without them, that is, without the signer in C and assembly.
    pub fn build_both(signals: &Signals) -> Result<(Self, Option<Utf8PathBuf>)> {
        let metadata = workspace::metadata()?;
        if !has_default_features(&metadata) {
            return Ok((Self::build(signals)?, None));
        }
        signals.succeed(build(&PRODUCT).arg("--no-default-features"))?;
        let built = Self { metadata };
        // The other build puts its programs into the same place.
        let apart = built.figures().join("pure-rust");
        std::fs::create_dir_all(&apart)?;
        for program in PRODUCT {
            std::fs::copy(built.folder().join(program), apart.join(program))
                .with_context(|| format!("{program} was not built"))?;
        }
        Ok((Self::build(signals)?, Some(apart)))
    }

    /// Where the figures are written.
    pub fn figures(&self) -> Utf8PathBuf {
        self.metadata.target_directory.join("bench")
    }

    /// The command of this measurement.
    pub fn measure(&self, name: &str, cores: Cores) -> Command {
        let mut command = workspace::command(self.folder().join(BENCH).as_str());
        command.arg(name).arg("--programs").arg(self.folder());
        command.arg("--figures").arg(self.figures());
        cores.tell(&mut command);
        command.stdin(Stdio::null());
        command
    }

    fn folder(&self) -> Utf8PathBuf {
        self.metadata.target_directory.join(PROFILE)
    }
}

/// Measures, with private databases on the core of the load.
pub fn measure(
    command: &mut Command,
    databases: &Choice,
    durability: Durability,
    cores: Cores,
    signals: &Signals,
) -> Result<()> {
    let _away = cores.leave_the_servers()?;
    let status = match durability {
        Durability::None => with_private(databases, signals, command)?,
        Durability::Full => with_durable(databases, signals, command)?,
    };
    signals.check()?;
    if !status.success() {
        bail!("the measurement failed, or a target was missed ({status})");
    }
    Ok(())
}

fn build(packages: &[&str]) -> Command {
    let mut build = workspace::command("cargo");
    build.args(["build", "--profile", PROFILE]);
    for package in packages {
        build.args(["--package", package]);
    }
    build
}

fn has_default_features(metadata: &Metadata) -> bool {
    let mut packages = metadata.packages.iter();
    let server = packages.find(|package| package.name.as_str() == SERVER);
    server
        .and_then(|server| server.features.get("default"))
        .is_some_and(|features| !features.is_empty())
}

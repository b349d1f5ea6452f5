//! What is given to operators: an archive, a package for Debian, a list of what is in them, and
//! checksums, in target/packages.

mod deb;
mod maintainer;
mod release;
mod sbom;
mod told;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::process::Signals;
use crate::workspace;
pub use release::output_of;
use release::{PROGRAMS, Release};
use told::Told;

const CHECKSUMS: &str = "SHA256SUMS";

/// Arguments of `cargo xtask dist`.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with ats-pat-server and ats-pat-admin, such as one whose programs were tested;
    /// without it they are built with `--profile dist`
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// The commit that is packaged, for `--version` of programs that are built here [default: what
    /// git says]
    #[arg(long)]
    revision: Option<String>,
    /// Who answers for the Debian package, as `Name <address>` [default: an address that nobody
    /// reads]
    #[arg(long, value_name = "NAME", env = "ATS_PAT_MAINTAINER")]
    maintainer: Option<String>,
}

/// What is made, and of what.
#[derive(Clone, Copy, Default)]
pub struct Made<'a> {
    /// The programs. Without them, they are built.
    pub programs: Option<&'a PathBuf>,
    /// The commit, for programs that are built.
    pub revision: Option<&'a str>,
    /// Who answers for the Debian package.
    pub maintainer: Option<&'a str>,
}

/// Makes the archive and the Debian package.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    let made = Made {
        programs: arguments.programs.as_ref(),
        revision: arguments.revision.as_deref(),
        maintainer: arguments.maintainer.as_deref(),
    };
    make(made, &signals)
}

/// The folder that the packages are written to.
pub fn folder() -> Result<PathBuf> {
    let target = workspace::metadata()?.target_directory;
    Ok(target.join("packages").into())
}

/// The file there whose name ends so.
pub fn made_with_end(end: &str) -> Result<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder()?)? {
        files.push(entry?.path());
    }
    let found = files
        .into_iter()
        .find(|file| file.to_string_lossy().ends_with(end));
    found.with_context(|| format!("nothing was made whose name ends with {end}"))
}

/// Makes everything of these programs, or of programs that are built for it.
pub fn make(made: Made<'_>, signals: &Signals) -> Result<()> {
    let maintainer = maintainer::maintainer(made.maintainer)?;
    let programs = match made.programs {
        Some(folder) => folder.canonicalize()?,
        None => build(made.revision, signals)?,
    };
    let output = folder()?;
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    fs::create_dir_all(&output)?;
    let release = Release::of(&programs, maintainer)?;
    let sbom = sbom::of_programs(&PROGRAMS, &release.version)?;
    let sbom_file = output.join(format!("ats-pat-{}.cdx.json", release.version));
    fs::write(&sbom_file, &sbom)?;
    let work = TempDir::new()?;
    let told = Told::by(&programs, work.path())?;
    tree::archive(&release, &programs, &told, &sbom_file, &output, signals)?;
    deb::package(&release, &programs, &told, &sbom_file, &output, signals)?;
    write_checksums(&output)?;
    eprintln!("{} is ready", output.display());
    Ok(())
}

fn build(revision: Option<&str>, signals: &Signals) -> Result<PathBuf> {
    let mut cargo = workspace::command("cargo");
    cargo.args(["build", "--locked", "--profile", "dist"]);
    for program in PROGRAMS {
        cargo.args(["--package", program]);
    }
    if let Some(revision) = revision {
        cargo.env("ATS_PAT_REVISION", revision);
    }
    signals.succeed(&mut cargo)?;
    Ok(workspace::metadata()?.target_directory.join("dist").into())
}

/// A line for each file, as `sha256sum --check` reads it.
fn write_checksums(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    let mut sums = workspace::command("sha256sum");
    let sums = output_of(sums.current_dir(folder).args(names))?;
    fs::write(folder.join(CHECKSUMS), sums + "\n")?;
    Ok(())
}

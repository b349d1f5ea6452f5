//! What is given to operators: an archive, a package for Debian, a list of what is in them, and
//! checksums, in target/packages.

mod deb;
mod release;
mod sbom;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process::Signals;
use crate::workspace;
use release::{PROGRAMS, Release, output_of};

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
}

/// Makes everything.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    let revision = arguments.revision.as_deref();
    make(arguments.programs.as_ref(), revision, &signals)
}

/// Where it is.
pub fn folder() -> Result<PathBuf> {
    let target = workspace::metadata()?.target_directory;
    Ok(target.join("packages").into())
}

/// Makes everything of these programs, or of programs that are built for it.
pub fn make(programs: Option<&PathBuf>, revision: Option<&str>, signals: &Signals) -> Result<()> {
    let programs = match programs {
        Some(folder) => folder.canonicalize()?,
        None => build(revision, signals)?,
    };
    let output = folder()?;
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    fs::create_dir_all(&output)?;
    let release = Release::of(&programs)?;
    let sbom = sbom::of_programs(&PROGRAMS, &release.version)?;
    let sbom_file = output.join(format!("ats-pat-{}.cdx.json", release.version));
    fs::write(&sbom_file, &sbom)?;
    tree::archive(&release, &programs, &sbom_file, &output, signals)?;
    deb::package(&release, &programs, &sbom_file, &output, signals)?;
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

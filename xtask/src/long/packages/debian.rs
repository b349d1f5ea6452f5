//! The Debian package in a Debian of its own, from its installation to its removal.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::caller::{PASSWORD, USE};
use super::machine::{self, Machine};
use crate::process::Signals;
use crate::{dist, workspace};

const CHECK: &str = include_str!("debian.sh");
/// The command that asks for a password, and the same with somebody who types it twice.
const ASKING: &str =
    "sudo -u ats-pat ats-pat-admin --config /etc/ats-pat/ats-pat.toml user add ada --admin";
/// The units of docs/operation.md, in its order.
const UNITS: [&str; 4] = [
    "ats-pat.service",
    "ats-pat.socket",
    "ats-pat-verify.service",
    "ats-pat-verify.timer",
];

/// Fails if the package can't be installed, used, upgraded or removed in `debian`.
pub fn check(work: &Path, debian: &Path, groups: &Path, signals: &Signals) -> Result<()> {
    let root = work.join("machine");
    machine::unpack(debian, &root, signals)?;
    let place = root.join("root/package");
    fs::create_dir_all(place.join("units"))?;
    let package = dist::made_with_end(".deb")?;
    let name = package.file_name().unwrap_or_default().to_owned();
    fs::copy(&package, place.join(&name))?;
    newer(&package, work, &place.join("newer.deb"), signals)?;
    let (commands, credentials) = documented(&name.to_string_lossy())?;
    for (name, content) in [
        ("documented.sh", commands.as_str()),
        ("credentials.conf", credentials.as_str()),
        ("debian.sh", CHECK),
        ("use.sh", USE),
    ] {
        fs::write(place.join(name), content)?;
    }
    for (name, unit) in UNITS.into_iter().zip(units()?) {
        fs::write(place.join("units").join(name), unit)?;
    }
    let machine = Machine::start(&root, groups, signals)?;
    signals.succeed(machine.command("sh").arg("/root/package/debian.sh"))
}

/// The same package with a version that is newer.
fn newer(package: &Path, work: &Path, to: &Path, signals: &Signals) -> Result<()> {
    let content = work.join("newer");
    let mut unpack = workspace::command("dpkg-deb");
    signals.succeed(unpack.arg("--raw-extract").arg(package).arg(&content))?;
    let control = content.join("DEBIAN/control");
    let before = fs::read_to_string(&control)?;
    let (head, rest) = before
        .split_once("\nVersion: ")
        .context("the package has no version")?;
    let (version, rest) = rest.split_once('\n').context("the package has no more")?;
    fs::write(&control, format!("{head}\nVersion: {version}.1\n{rest}"))?;
    let mut pack = workspace::command("dpkg-deb");
    pack.args(["--root-owner-group", "-Znone", "--build"]);
    signals.succeed(
        pack.arg(&content)
            .arg(to)
            .stdout(std::process::Stdio::null()),
    )
}

/// The commands that docs/deploy/README.md says, and the settings of the unit there.
fn documented(package: &str) -> Result<(String, String)> {
    let readme = fs::read_to_string(workspace::root().join("docs/deploy/README.md"))?;
    let (_, section) = readme
        .split_once("## On Debian\n")
        .context("docs/deploy/README.md says nothing of Debian")?;
    let commands = blocks(section, "sh").into_iter().next();
    let credentials = blocks(section, "ini").into_iter().next();
    let commands = commands.context("there are no commands for Debian")?;
    ensure!(commands.contains(ASKING), "nobody is added");
    let commands = commands.replace("ats-pat_0.1.0_amd64.deb", package);
    ensure!(commands.contains(package), "the package is not installed");
    // Somebody types the password at a terminal, twice.
    let asked = format!(
        "(sleep 1; echo '{PASSWORD}'; sleep 1; echo '{PASSWORD}') | script -qec '{ASKING}' /dev/null"
    );
    let commands = commands.replace(ASKING, &asked);
    let credentials = credentials.context("there are no settings of the unit")?;
    Ok((commands, credentials))
}

fn units() -> Result<Vec<String>> {
    let page = fs::read_to_string(workspace::root().join("docs/operation.md"))?;
    let units = blocks(&page, "ini");
    ensure!(
        units.len() == UNITS.len(),
        "docs/operation.md has {} units, and not those that are named here",
        units.len()
    );
    Ok(units)
}

/// The blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

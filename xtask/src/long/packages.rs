//! Makes what is given to operators, and checks it as their systems would.

mod caller;
mod container;
mod debian;
mod image;
mod kubernetes;
mod machine;
mod qemu;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::clients::python;
use crate::dist::Made;
use crate::process::{Signals, is_root};
use crate::steps::step;
use crate::{apt, dist, workspace};

/// The maintainer of a package that is only tried.
const MAINTAINER: &str = "ATS Global <nobody@example.com>";
/// The services of the Debian package.
const SERVICES: [&str; 3] = [
    "ats-pat.service",
    "ats-pat-retain.service",
    "ats-pat-backup.service",
];
/// The highest exposure that a service may have, in tenths, by `systemd-analyze security`.
const EXPOSURE: &str = "20";
/// The range over which a dashboard's rates are checked, which Grafana would put there.
const RANGE: (&str, &str) = ("$__rate_interval", "5m");

/// Fails if a package, the unit, the image, an object of Kubernetes, an alert or the dashboard has
/// a fault.
pub fn run(programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    step("checkers at hand", || install(signals))?;
    step("packages", || {
        let made = Made {
            programs,
            maintainer: Some(MAINTAINER),
            ..Made::default()
        };
        dist::make(made, signals)
    })?;
    let work = TempDir::new()?;
    let root = work.path().join("root");
    step("the Debian package in a folder of its own", || {
        unpack(&root, signals)
    })?;
    step("what the package and the archive have besides", || {
        contents(&root, work.path(), signals)
    })?;
    step("settings and completions of the package", || {
        installed(&root, signals)
    })?;
    step("the units", || units(&root, signals))?;
    step("alerts and dashboard", || watching(work.path(), signals))?;
    step("Kubernetes", || {
        let server = root.join("usr/bin/ats-pat-server");
        kubernetes::check(work.path(), &server, signals)
    })?;
    let left_out = machines(work.path(), signals)?;
    if left_out.is_empty() {
        eprintln!("\nEverything passed.");
    } else {
        let left_out = left_out.join("; ");
        eprintln!("\nEverything passed but this, which was LEFT OUT: {left_out}");
    }
    Ok(())
}

/// Runs the image and the Debian package. Returns what this machine can't do, and why.
fn machines(work: &Path, signals: &Signals) -> Result<Vec<&'static str>> {
    if !is_root() {
        return Ok(vec![
            "the container and the installations on Debian, because only root may make such namespaces and disks",
        ]);
    }
    let mut debian = PathBuf::new();
    step("a Debian at hand", || {
        let mut tools = vec![
            ("debootstrap", "debootstrap"),
            ("curl", "curl"),
            ("jq", "jq"),
            ("ip", "iproute2"),
        ];
        if qemu::IS_OF_THIS_KIND {
            tools.extend([qemu::QEMU, qemu::MKE2FS]);
        }
        let missing = missing(&tools);
        apt::ensure(&missing, "leave this part out", signals)?;
        debian = machine::debian(signals)?;
        Ok(())
    })?;
    step("the container", || {
        let base = work.join("base");
        machine::unpack(&debian, &base, signals)?;
        container::check(work, &base, signals)
    })?;
    let mut left_out = Vec::new();
    if let Some(groups) = machine::groups() {
        step("the package installed, upgraded and removed", || {
            debian::check(work, &debian, &groups, signals)
        })?;
    } else {
        left_out.push(
            "the installation on Debian, because this machine has no cgroup2, which systemd needs",
        );
    }
    if qemu::IS_OF_THIS_KIND {
        step("the package on a machine that boots", || {
            qemu::check(work, &debian, signals)
        })?;
    } else {
        left_out.push("the machine that boots, because this is no x86-64");
    }
    Ok(left_out)
}

fn install(signals: &Signals) -> Result<()> {
    let mut missing = missing(&[
        ("dpkg-deb", "dpkg"),
        ("promtool", "prometheus"),
        ("systemd-analyze", "systemd"),
        ("kubectl", "kubernetes-client"),
    ]);
    if !python::has_venv() {
        missing.push("python3-venv");
    }
    apt::ensure(&missing, "leave this part out", signals)?;
    kubernetes::ensure(signals)
}

/// The packages of those programs that this machine lacks.
fn missing(tools: &[(&str, &'static str)]) -> Vec<&'static str> {
    let missing = tools
        .iter()
        .filter(|(program, _)| apt::find(program).is_none());
    missing.map(|(_, package)| *package).collect()
}

fn unpack(root: &Path, signals: &Signals) -> Result<()> {
    let mut check = workspace::command("sha256sum");
    check.current_dir(dist::folder()?);
    signals.succeed(check.args(["--check", "--quiet", "SHA256SUMS"]))?;
    let package = dist::made_with_end(".deb")?;
    let mut extract = workspace::command("dpkg-deb");
    signals.succeed(extract.arg("--extract").arg(package).arg(root))
}

/// The files to deploy with are in both, beside the page that they name.
fn contents(root: &Path, work: &Path, signals: &Signals) -> Result<()> {
    let package = dist::made_with_end(".deb")?;
    let mut field = workspace::command("dpkg-deb");
    let maintainer = dist::output_of(field.arg("--field").arg(package).arg("Maintainer"))?;
    ensure!(
        maintainer == MAINTAINER,
        "the maintainer is `{maintainer}`, and not the one that was named"
    );
    let archive = work.join("archive");
    fs::create_dir(&archive)?;
    let mut extract = workspace::command("tar");
    extract.args(["--extract", "--strip-components=1", "--directory"]);
    extract.arg(&archive).arg("--file");
    signals.succeed(extract.arg(dist::made_with_end(".tar.gz")?))?;
    let source = workspace::root().join("docs/deploy");
    for deploy in [
        root.join("usr/share/doc/ats-pat/deploy"),
        archive.join("docs/deploy"),
    ] {
        let mut compare = workspace::command("diff");
        compare.arg("--recursive").arg(&source).arg(&deploy);
        signals.succeed(&mut compare)?;
        let page = deploy.join("../operation.md");
        ensure!(page.is_file(), "{} leads nowhere", page.display());
    }
    Ok(())
}

/// Runs the programs as they were installed.
fn installed(root: &Path, signals: &Signals) -> Result<()> {
    let server = root.join("usr/bin/ats-pat-server");
    let settings = root.join("etc/ats-pat/ats-pat.toml");
    let mut check = workspace::command(&server.to_string_lossy());
    check
        .arg("--config")
        .arg(&settings)
        .args(["config", "check"]);
    signals.succeed(&mut check)?;
    for program in ["ats-pat-server", "ats-pat-admin"] {
        let completions = root
            .join("usr/share/bash-completion/completions")
            .join(program);
        signals.succeed(workspace::command("bash").arg("-n").arg(completions))?;
        // man takes a page of the tree only with its path.
        let page = root.join(format!("usr/share/man/man1/{program}.1.gz"));
        signals.succeed(workspace::command("gzip").arg("--test").arg(page))?;
    }
    Ok(())
}

fn units(root: &Path, signals: &Signals) -> Result<()> {
    let root = root.to_string_lossy();
    for service in SERVICES {
        let mut security = workspace::command("systemd-analyze");
        security.args(["security", "--offline=true", "--no-pager", "--quiet"]);
        security.arg(format!("--threshold={EXPOSURE}"));
        security.arg(format!("--root={root}"));
        signals.succeed(security.arg(service))?;
    }
    Ok(())
}

fn watching(work: &Path, signals: &Signals) -> Result<()> {
    let deploy = workspace::root().join("docs/deploy");
    let promtool = |arguments: &[&str], file: &Path| {
        let mut promtool = workspace::command("promtool");
        promtool.current_dir(deploy.join("prometheus"));
        signals.succeed(promtool.args(arguments).arg(file))
    };
    promtool(&["check", "rules"], Path::new("ats-pat.rules.yml"))?;
    promtool(&["test", "rules"], Path::new("ats-pat.test.yml"))?;
    // promtool has no check of single expressions.
    let dashboard = fs::read_to_string(deploy.join("grafana/ats-pat.json"))?;
    let dashboard: Value = serde_json::from_str(&dashboard)?;
    let panels = dashboard["panels"].as_array().context("no panels")?;
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let expressions = targets
        .flatten()
        .filter_map(|target| target["expr"].as_str());
    let rules: Vec<Value> = expressions
        .enumerate()
        .map(|(number, expression)| {
            let expression = expression.replace(RANGE.0, RANGE.1);
            serde_json::json!({"record": format!("dashboard:{number}"), "expr": expression})
        })
        .collect();
    if rules.is_empty() {
        bail!("the dashboard asks nothing");
    }
    let rules = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]});
    let file = work.join("dashboard.yml");
    fs::write(&file, rules.to_string())?;
    promtool(&["check", "rules"], &file)
}

//! Makes what is given to operators, and checks it as their systems would.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Signals;
use crate::steps::step;
use crate::{apt, dist, workspace};

/// The highest exposure that the unit may have, in tenths, by `systemd-analyze security`.
const EXPOSURE: &str = "20";
/// The range over which a dashboard's rates are checked, which Grafana would put there.
const RANGE: (&str, &str) = ("$__rate_interval", "5m");

/// Fails if a package, the unit, an alert or the dashboard has a fault.
pub fn run(programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    step("checkers at hand", || install(signals))?;
    step("packages", || dist::make(programs, None, signals))?;
    let work = TempDir::new()?;
    let root = work.path().join("root");
    step("the Debian package in a folder of its own", || {
        unpack(&root, signals)
    })?;
    step("settings and completions of the package", || {
        installed(&root, signals)
    })?;
    step("the unit", || unit(&root, signals))?;
    step("alerts and dashboard", || watching(work.path(), signals))?;
    eprintln!("\nEverything passed.");
    Ok(())
}

fn install(signals: &Signals) -> Result<()> {
    let tools = [
        ("dpkg-deb", "dpkg"),
        ("promtool", "prometheus"),
        ("systemd-analyze", "systemd"),
    ];
    let missing: Vec<_> = tools
        .into_iter()
        .filter(|(program, _)| apt::find(program).is_none())
        .map(|(_, package)| package)
        .collect();
    apt::ensure(&missing, "leave this part out", signals)
}

fn unpack(root: &Path, signals: &Signals) -> Result<()> {
    let folder = dist::folder()?;
    let mut check = workspace::command("sha256sum");
    check.current_dir(&folder);
    signals.succeed(check.args(["--check", "--quiet", "SHA256SUMS"]))?;
    let files = fs::read_dir(&folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let package = files
        .iter()
        .map(fs::DirEntry::path)
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("there is no package")?;
    let mut extract = workspace::command("dpkg-deb");
    signals.succeed(extract.arg("--extract").arg(package).arg(root))
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
    let completions = root.join("usr/share/bash-completion/completions/ats-pat-admin");
    signals.succeed(workspace::command("bash").arg("-n").arg(completions))
}

fn unit(root: &Path, signals: &Signals) -> Result<()> {
    let root = root.to_string_lossy();
    let mut security = workspace::command("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager", "--quiet"]);
    security.arg(format!("--threshold={EXPOSURE}"));
    security.arg(format!("--root={root}"));
    signals.succeed(security.arg("ats-pat.service"))
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

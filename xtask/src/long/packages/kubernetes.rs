//! What Kustomize makes of `docs/deploy/kubernetes`, alone, under the overlay of the README there,
//! and with its component.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::clients::python;
use crate::dist::output_of;
use crate::process::Signals;
use crate::workspace;

const REQUIREMENTS: &str = include_str!("requirements.txt");
const CHECK: &str = include_str!("kubernetes.py");
const BASE: &str = "docs/deploy/kubernetes";
/// The base as the overlay of the README names it.
const BASE_OF_OVERLAY: &str = "https://example.com/ats-pat/docs/deploy/kubernetes";

/// Installs kubernetes-validate, if it is not there.
pub fn ensure(signals: &Signals) -> Result<()> {
    let tools = workspace::root().join("target/tools/long-packages");
    python::packages(&tools, REQUIREMENTS, signals)
}

/// Fails if an object is wrong, or does not fit the others or this server.
pub fn check(work: &Path, server: &Path, signals: &Signals) -> Result<()> {
    let base = workspace::root().join(BASE);
    one(&base, work, server, signals)?;
    let overlay = work.join("overlay");
    fs::create_dir_all(&overlay)?;
    // Kustomize takes a path only from beside.
    let copy = overlay.join("base");
    signals.succeed(
        workspace::command("cp")
            .arg("--recursive")
            .arg(&base)
            .arg(&copy),
    )?;
    let written = block_of_readme("resources:")?;
    let component = block_of_readme("components:")?;
    for written in [written.clone(), written + &component] {
        let written = written.replace(BASE_OF_OVERLAY, "base");
        fs::write(overlay.join("kustomization.yaml"), written)?;
        one(&overlay, work, server, signals)?;
    }
    Ok(())
}

fn one(folder: &Path, work: &Path, server: &Path, signals: &Signals) -> Result<()> {
    let objects = output_of(workspace::command("kubectl").arg("kustomize").arg(folder))?;
    let rendered = work.join("rendered.yaml");
    fs::write(&rendered, objects)?;
    let script = work.join("kubernetes.py");
    fs::write(&script, CHECK)?;
    let tools = workspace::root().join("target/tools/long-packages");
    let mut python = python::program_in(&tools, "python3");
    python.arg(script).arg(rendered);
    python.arg(workspace::root().join("packaging/Containerfile"));
    signals.succeed(python.arg(server))
}

/// The block of YAML that begins with this.
fn block_of_readme(begin: &str) -> Result<String> {
    let readme = fs::read_to_string(workspace::root().join("docs/deploy/README.md"))?;
    let (_, block) = readme
        .split_once(&format!("```yaml\n{begin}"))
        .with_context(|| format!("docs/deploy/README.md has no block that begins with {begin}"))?;
    let (block, _) = block.split_once("```").unwrap_or((block, ""));
    Ok(format!("{begin}{block}"))
}

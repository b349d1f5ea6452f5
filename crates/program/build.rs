//! Tells the program which revision it is built from: what `ATS_PAT_REVISION` says, or else what
//! `git archive` wrote into `revision.txt`, or else what git says. Without any of these the build
//! goes on, and the version has no revision.
//!
//! Builds for development don't ask git. Otherwise every commit would build both programs anew.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=ATS_PAT_REVISION");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=revision.txt");
    let revision = given().or_else(archived).or_else(of_git);
    let number = env!("CARGO_PKG_VERSION");
    let version = match revision {
        Some(revision) => format!("{number} ({revision})"),
        None => number.to_owned(),
    };
    println!("cargo:rustc-env=ATS_PAT_VERSION={version}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script by the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn given() -> Option<String> {
    plain(&variable("ATS_PAT_REVISION")?)
}

fn archived() -> Option<String> {
    plain(&std::fs::read_to_string("revision.txt").ok()?)
}

fn of_git() -> Option<String> {
    if variable("PROFILE")? == "debug" {
        return None;
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // Another commit, and another branch.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    plain(&git(&["rev-parse", "--short=12", "HEAD"])?)
}

/// The text, if it can be a revision. What `git archive` did not replace is none.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    (is_plain && !text.is_empty()).then(|| text.to_owned())
}

//! Checks that the crates of the workspace use only what the architecture allows them, and that no
//! files of a crate use each other in a circle.

use anyhow::{Result, bail};
use cargo_metadata::{DependencyKind, Metadata};

use crate::workspace;

mod circles;
mod rules;

use rules::{ARROWS, FILES_IN_CIRCLES, FOR_TESTS, KEPT_FROM, KEPT_TO};

/// Checks the workspace. Prints each breach.
pub fn check() -> Result<()> {
    let metadata = workspace::metadata()?;
    let mut breaches = breaches(&metadata);
    breaches.extend(circles::breaches(&metadata, FILES_IN_CIRCLES)?);
    for breach in &breaches {
        eprintln!("{breach}");
    }
    if !breaches.is_empty() {
        bail!(
            "a crate or a file uses what it must not; the rules and their reasons: xtask/src/layers/rules.rs"
        );
    }
    eprintln!("Every crate uses only what it may, and no further files use each other in circles.");
    Ok(())
}

/// One dependency as written in a `Cargo.toml`.
struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    kind: DependencyKind,
}

/// One sentence for each breach of the rules.
fn breaches(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let ours: Vec<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let unplaced = ours
        .iter()
        .filter(|name| !ARROWS.iter().any(|(known, _)| known == *name))
        .map(|name| format!("{name} has no place among the layers yet"));
    let misused = packages.iter().flat_map(|package| {
        package.dependencies.iter().filter_map(|dependency| {
            let arrow = Arrow {
                from: &package.name,
                to: &dependency.name,
                kind: dependency.kind,
            };
            if ours.contains(&arrow.to) {
                arrow.breach_inside()
            } else {
                arrow.breach_outside()
            }
        })
    });
    unplaced.chain(misused).collect()
}

impl Arrow<'_> {
    fn for_tests(&self) -> bool {
        self.kind == DependencyKind::Development
    }

    /// The breach of an arrow between two crates of the workspace.
    fn breach_inside(&self) -> Option<String> {
        let Self { from, to, .. } = self;
        if FOR_TESTS.contains(to) {
            return (!self.for_tests())
                .then(|| format!("{from} uses {to}, which is for dev-dependencies only"));
        }
        let (_, allowed) = ARROWS.iter().find(|(name, _)| name == from)?;
        // A crate's own tests may use all of it, including features.
        let fine = allowed.contains(to) || (self.for_tests() && from == to);
        (!fine).then(|| format!("{from} uses {to}, which it must not know"))
    }

    /// The breach of an arrow to a crate from elsewhere.
    fn breach_outside(&self) -> Option<String> {
        let Self { from, to, .. } = self;
        if self.for_tests() {
            return None;
        }
        if KEPT_FROM
            .iter()
            .any(|(name, outside)| name == from && outside.contains(to))
        {
            return Some(format!("{from} uses {to}, which it must not know"));
        }
        let (_, users) = KEPT_TO.iter().find(|(outside, _)| outside.contains(to))?;
        (!users.contains(from))
            .then(|| format!("{from} uses {to}, which is kept to {}", users.join(", ")))
    }
}

#[cfg(test)]
mod tests;

//! Checks that the files of a crate don't use each other in a circle.
//!
//! An edge leads from a file to each other file that defines an item which the code of the first
//! one names, in a `use` or in a path. `mod x;`, re-exports, modules that are only imported, and
//! code for tests make no edge. Files in a circle can't be read one after the other, so no crate
//! may have any.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cargo_metadata::{Metadata, Package, TargetKind};

use crate::workspace;

mod resolve;
mod source;

/// A file of a crate, and the items of other files that it names: for each file, the first name.
type Edges = BTreeMap<PathBuf, BTreeMap<PathBuf, String>>;

/// One sentence for each crate with more files in circles than `expected` says, or fewer.
pub fn breaches(metadata: &Metadata, expected: &[(&str, usize)]) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let expected = expected
            .iter()
            .find(|(excepted, _)| *excepted == name)
            .map_or(0, |(_, files)| *files);
        breaches.extend(breach(name, &edges(package)?, expected));
    }
    Ok(breaches)
}

fn breach(name: &str, edges: &Edges, expected: usize) -> Option<String> {
    let circles = circles(edges);
    let found: usize = circles.iter().map(BTreeSet::len).sum();
    if found == expected {
        return None;
    }
    if found < expected {
        return Some(format!(
            "{name} has {found} files in circles, and no longer {expected}: say so in xtask/src/layers/rules.rs"
        ));
    }
    let head = format!("{name} has {found} files that use each other in circles:");
    let ways = circles.iter().flat_map(|circle| shortest(circle, edges));
    let lines = ways
        .map(|(from, to, item)| format!("    {} uses {item} of {}", from.display(), to.display()));
    let lines: Vec<String> = iter::once(head).chain(lines).collect();
    Some(lines.join("\n"))
}

/// The edges between the files of a package's library and programs.
fn edges(package: &Package) -> Result<Edges> {
    let mut edges = Edges::new();
    let programs = package.targets.iter().filter(|target| {
        target.kind.iter().any(|kind| {
            matches!(
                kind,
                TargetKind::Lib | TargetKind::Bin | TargetKind::ProcMacro
            )
        })
    });
    for target in programs {
        edges.extend(edges_from(target.src_path.as_std_path())?);
    }
    Ok(edges)
}

/// The edges between the files that belong to the crate with this root.
fn edges_from(root: &Path) -> Result<Edges> {
    let tree = source::read(root)?;
    let mut edges = Edges::new();
    for (from, item, to) in resolve::mentions(&tree) {
        if from != to {
            edges
                .entry(shown(from))
                .or_default()
                .entry(shown(to))
                .or_insert(item);
        }
    }
    Ok(edges)
}

fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(workspace::root())
        .unwrap_or(path)
        .to_owned()
}

/// The largest sets of files in which every file reaches every other.
fn circles(edges: &Edges) -> Vec<BTreeSet<&Path>> {
    let mut circles: Vec<BTreeSet<&Path>> = Vec::new();
    for file in edges.keys() {
        if circles.iter().any(|circle| circle.contains(file.as_path())) {
            continue;
        }
        let circle: BTreeSet<&Path> = reached(file, edges)
            .into_iter()
            .filter(|other| reached(other, edges).contains(file.as_path()))
            .collect();
        if !circle.is_empty() {
            circles.push(circle);
        }
    }
    circles
}

/// The files that can be reached from one by at least one edge.
fn reached<'a>(from: &Path, edges: &'a Edges) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(file) = waiting.pop() {
        for next in edges.get(file).into_iter().flatten().map(|(to, _)| to) {
            if reached.insert(next.as_path()) {
                waiting.push(next);
            }
        }
    }
    reached
}

/// One way around that is as short as any, with the item that each file uses of the next.
fn shortest<'a>(
    circle: &BTreeSet<&'a Path>,
    edges: &'a Edges,
) -> Vec<(&'a Path, &'a Path, &'a str)> {
    circle
        .iter()
        .map(|file| way_back(file, edges))
        .min_by_key(Vec::len)
        .unwrap_or_default()
}

fn way_back<'a>(start: &'a Path, edges: &'a Edges) -> Vec<(&'a Path, &'a Path, &'a str)> {
    let mut ways = VecDeque::from([(start, Vec::new())]);
    let mut seen = BTreeSet::new();
    while let Some((file, way)) = ways.pop_front() {
        for (next, item) in edges.get(file).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push((file, next.as_path(), item.as_str()));
            if next == start {
                return longer;
            }
            if seen.insert(next) {
                ways.push_back((next, longer));
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests;

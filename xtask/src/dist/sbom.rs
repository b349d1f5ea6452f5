//! The list of what the programs are made of, in the form of CycloneDX 1.5.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde_json::{Value, json};

use crate::workspace;

/// The list for these programs: every crate that is linked into one of them or runs while it is
/// built.
pub fn of_programs(programs: &[&str], version: &str) -> Result<String> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .other_options(["--filter-platform".to_owned(), platform])
        .exec()
        .context("cannot read the dependencies")?;
    let packages: BTreeMap<&PackageId, &Package> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package))
        .collect();
    let used = used(&metadata, programs)?;
    let components: Vec<Value> = used
        .keys()
        .filter_map(|id| packages.get(id))
        .map(|package| component(package))
        .collect();
    let dependencies: Vec<Value> = used
        .iter()
        .map(|(id, of)| json!({"ref": id.repr, "dependsOn": of.iter().map(|id| &id.repr).collect::<Vec<_>>()}))
        .collect();
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "ats-pat", "version": version, "bom-ref": "ats-pat"},
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

/// What the programs depend on, each with what it depends on itself; not what only tests need.
fn used<'a>(
    metadata: &'a Metadata,
    programs: &[&str],
) -> Result<BTreeMap<&'a PackageId, BTreeSet<&'a PackageId>>> {
    let resolve = metadata.resolve.as_ref().context("nothing was resolved")?;
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let roots = metadata.packages.iter();
    let mut left: Vec<&PackageId> = roots
        .filter(|package| programs.contains(&package.name.as_str()))
        .map(|package| &package.id)
        .collect();
    let mut used = BTreeMap::new();
    while let Some(id) = left.pop() {
        if used.contains_key(id) {
            continue;
        }
        let node = nodes.get(id).context("a package is not resolved")?;
        let needed = node.deps.iter().filter(|dependency| {
            let mut kinds = dependency.dep_kinds.iter();
            kinds.any(|kind| kind.kind != DependencyKind::Development)
        });
        let needed: BTreeSet<_> = needed.map(|dependency| &dependency.pkg).collect();
        left.extend(needed.iter().copied());
        used.insert(id, needed);
    }
    Ok(used)
}

fn component(package: &Package) -> Value {
    let purl = format!("pkg:cargo/{}@{}", package.name, package.version);
    let mut component = json!({
        "type": "library",
        "bom-ref": package.id.repr,
        "name": package.name.as_str(),
        "version": package.version.to_string(),
        "purl": purl,
    });
    if let Some(license) = &package.license {
        // Some still write an alternative with a slash.
        let expression = license.replace('/', " OR ");
        component["licenses"] = json!([{"expression": expression}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

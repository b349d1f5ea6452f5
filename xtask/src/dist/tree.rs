//! Trees of files, and the archive.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::release::{PROGRAMS, Release};
use super::told::Told;
use crate::process::Signals;
use crate::workspace;

/// The documents for operators, in the archive and the package.
pub const DOCUMENTS: [&str; 7] = [
    "README.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "docs/operation.md",
    "docs/api.md",
    "docs/security.md",
];
/// The folder of what operators deploy with.
pub const DEPLOY: &str = "docs/deploy";
/// What systems need, in `packaging`.
const PACKAGING: [&str; 9] = [
    "ats-pat.service",
    "ats-pat.socket",
    "ats-pat-retain.service",
    "ats-pat-retain.timer",
    "ats-pat-backup.service",
    "ats-pat-backup.timer",
    "ats-pat.toml",
    "sysusers.conf",
    "Containerfile",
];

/// Makes the archive: a folder with the programs, the documents, and what systems need.
pub fn archive(
    release: &Release,
    programs: &Path,
    told: &Told,
    sbom: &Path,
    output: &Path,
    signals: &Signals,
) -> Result<()> {
    let work = TempDir::new()?;
    let name = format!("ats-pat-{}-linux-{}", release.version, release.architecture);
    let root = work.path().join(&name);
    for program in PROGRAMS {
        put(
            &programs.join(program),
            &root.join("bin").join(program),
            0o755,
        )?;
    }
    for document in DOCUMENTS {
        let file = workspace::root().join(document);
        put(&file, &root.join(document), 0o644)?;
    }
    put_folder(&workspace::root().join(DEPLOY), &root.join(DEPLOY))?;
    for file in PACKAGING {
        let source = workspace::root().join("packaging").join(file);
        put(&source, &root.join("packaging").join(file), 0o644)?;
    }
    // The Containerfile makes the place of its volume from it, with its mode.
    let data = root.join("packaging/data");
    fs::create_dir_all(&data)?;
    fs::set_permissions(&data, Permissions::from_mode(0o700))?;
    for page in told.pages()? {
        let name = page.file_name().unwrap_or_default();
        put(&page, &root.join("man/man1").join(name), 0o644)?;
    }
    for completion in &told.completions {
        let name = completion.file.file_name().unwrap_or_default();
        put(
            &completion.file,
            &root.join("completions").join(name),
            0o644,
        )?;
    }
    put(sbom, &root.join("sbom.cdx.json"), 0o644)?;
    let mut tar = workspace::command("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg(format!("--mtime=@{}", release.time))
        .arg("--create")
        // Otherwise gzip notes when it ran.
        .arg("--use-compress-program=gzip --no-name")
        .arg("--file")
        .arg(output.join(format!("{name}.tar.gz")))
        .arg("--directory")
        .arg(work.path())
        .arg(&name);
    signals.succeed(&mut tar)
}

/// Copies a file to its place, with this mode.
pub fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    fs::set_permissions(to, Permissions::from_mode(mode))?;
    Ok(())
}

/// Copies a folder with all that is in it, for everybody to read.
pub fn put_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            put_folder(&entry.path(), &place)?;
        } else {
            put(&entry.path(), &place, 0o644)?;
        }
    }
    Ok(())
}

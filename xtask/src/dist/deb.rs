//! The package for Debian, by its own tool.

use std::fs;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use super::release::{PROGRAMS, Release, output_of};
use super::told::Told;
use super::tree::{DEPLOY, DOCUMENTS, put, put_folder};
use crate::process::Signals;
use crate::workspace;

/// Scripts that Debian runs.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];
/// Files of `packaging`, and where they belong.
const SYSTEM: [(&str, &str); 8] = [
    ("ats-pat.service", "lib/systemd/system/ats-pat.service"),
    ("ats-pat.socket", "lib/systemd/system/ats-pat.socket"),
    (
        "ats-pat-retain.service",
        "lib/systemd/system/ats-pat-retain.service",
    ),
    (
        "ats-pat-retain.timer",
        "lib/systemd/system/ats-pat-retain.timer",
    ),
    (
        "ats-pat-backup.service",
        "lib/systemd/system/ats-pat-backup.service",
    ),
    (
        "ats-pat-backup.timer",
        "lib/systemd/system/ats-pat-backup.timer",
    ),
    ("ats-pat.toml", "etc/ats-pat/ats-pat.toml"),
    ("sysusers.conf", "usr/lib/sysusers.d/ats-pat.conf"),
];
const SETTINGS: &str = "/etc/ats-pat/ats-pat.toml";
/// Where man pages of programs are.
const PAGES: &str = "usr/share/man/man1";

/// Makes the Debian package of a release.
pub fn package(
    release: &Release,
    programs: &Path,
    told: &Told,
    sbom: &Path,
    folder: &Path,
    signals: &Signals,
) -> Result<()> {
    let work = TempDir::new()?;
    let root = work.path().join("root");
    let packaging = workspace::root().join("packaging");
    for program in PROGRAMS {
        put(
            &programs.join(program),
            &root.join("usr/bin").join(program),
            0o755,
        )?;
    }
    for (file, place) in SYSTEM {
        put(&packaging.join(file), &root.join(place), 0o644)?;
    }
    let documents = root.join("usr/share/doc/ats-pat");
    for document in DOCUMENTS {
        let file = workspace::root().join(document);
        let name = file.file_name().unwrap_or_default().to_owned();
        put(&file, &documents.join(name), 0o644)?;
    }
    // Beside operation.md, as its links say.
    put_folder(&workspace::root().join(DEPLOY), &documents.join("deploy"))?;
    put(sbom, &documents.join("sbom.cdx.json"), 0o644)?;
    for page in told.pages()? {
        let name = page.file_name().unwrap_or_default();
        put(&page, &root.join(PAGES).join(name), 0o644)?;
        // Without the time, so that the same pages make the same package.
        let mut gzip = workspace::command("gzip");
        gzip.args(["--best", "--no-name"]);
        signals.succeed(gzip.arg(root.join(PAGES).join(name)))?;
    }
    for completion in &told.completions {
        let place = root.join(completion.folder).join(&completion.name);
        put(&completion.file, &place, 0o644)?;
    }
    for script in SCRIPTS {
        let file = packaging.join("debian").join(script);
        put(&file, &root.join("DEBIAN").join(script), 0o755)?;
    }
    fs::write(root.join("DEBIAN/conffiles"), format!("{SETTINGS}\n"))?;
    fs::write(root.join("DEBIAN/control"), control(release, &root)?)?;
    let name = format!("ats-pat_{}_{}.deb", release.version, release.architecture);
    let mut dpkg = workspace::command("dpkg-deb");
    dpkg.args(["--root-owner-group", "-Zzstd", "--build"])
        .arg(&root)
        .arg(folder.join(name))
        .env("SOURCE_DATE_EPOCH", release.time.to_string());
    signals.succeed(&mut dpkg)
}

/// What Debian must know of the package.
fn control(release: &Release, root: &Path) -> Result<String> {
    let size = output_of(
        workspace::command("du")
            .args(["-sk", "--apparent-size"])
            .arg(root),
    )?;
    let size = size.split_whitespace().next().unwrap_or("0").to_owned();
    let Release {
        version,
        architecture,
        maintainer,
        ..
    } = release;
    Ok(format!(
        "Package: ats-pat\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {maintainer}\n\
         Installed-Size: {size}\nDepends: libc6 (>= 2.36), libgcc-s1, adduser | passwd, procps\nRecommends: ca-certificates\n\
         Section: net\nPriority: optional\nDescription: personal access tokens of ATS\n \
         The service issues personal access tokens, and exchanges them for short-lived\n \
         authentication tokens. The package has the server, the operator's tool and\n \
         systemd units. Set /etc/ats-pat/ats-pat.toml, then start ats-pat.service.\n"
    ))
}

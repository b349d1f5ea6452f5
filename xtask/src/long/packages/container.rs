//! The image of `packaging/Containerfile`, laid out and run as a container engine would.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::caller::{PASSWORD, USE};
use super::image::{Copies, Image};
use crate::process::Signals;
use crate::{dist, workspace};

const RUN: &str = include_str!("container.sh");
const URL: &str = "http://127.0.0.1:8080";
/// The search path of containers.
const SEARCH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What the base has of Debian, besides certificates.
const BASE: [&str; 3] = ["libc6", "gcc-12-base", "libgcc-s1"];
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// Fails if the image can't be run with a read-only root, as its user, and be used. `debian` is the
/// Debian that the base is of.
pub fn check(work: &Path, debian: &Path, signals: &Signals) -> Result<()> {
    let containerfile = workspace::root().join("packaging/Containerfile");
    let image = Image::read(&fs::read_to_string(containerfile)?)?;
    let place = Place::lay_out(&image, work, debian, signals)?;
    ensure!(
        !place.in_another(&image.healthcheck).status()?.success(),
        "a container without a server is healthy"
    );
    let container = Container::start(&place)?;
    container.is_confined(image.user)?;
    signals.succeed(&mut container.inside(&image.healthcheck))?;
    container.add_user()?;
    let mut used = container.beside("sh");
    signals.succeed(used.args(["-c", USE, "use.sh", URL]))?;
    let admin = image.copies[0].to.clone() + "ats-pat-admin";
    signals.succeed(&mut container.inside(&[admin, "audit".to_owned(), "verify".to_owned()]))?;
    let doctor = [image.entrypoint[0].clone(), "doctor".to_owned()];
    signals.succeed(&mut container.inside(&doctor))?;
    container.stop()?;
    place.was_written_by(image.user)?;
    // What the volume has is enough for the next container.
    let container = Container::start(&place)?;
    signals.succeed(&mut container.inside(&image.healthcheck))?;
    let mut used = container.beside("sh");
    signals.succeed(used.args(["-c", USE, "use.sh", URL]))?;
    container.stop()
}

/// An image on the disk, with a volume.
struct Place<'a> {
    image: &'a Image,
    root: PathBuf,
    volume: PathBuf,
    script: PathBuf,
}

impl<'a> Place<'a> {
    fn lay_out(image: &'a Image, work: &Path, debian: &Path, signals: &Signals) -> Result<Self> {
        let archive = work.join("archive");
        fs::create_dir_all(&archive)?;
        let mut unpack = workspace::command("tar");
        unpack.args(["--extract", "--strip-components=1", "--directory"]);
        unpack.arg(&archive).arg("--file");
        signals.succeed(unpack.arg(dist::made_with_end(".tar.gz")?))?;
        let place = Self {
            image,
            root: work.join("image"),
            volume: work.join("volume"),
            script: work.join("container.sh"),
        };
        for folder in ["usr/lib", "usr/lib64", "dev", "proc"] {
            fs::create_dir_all(place.root.join(folder))?;
        }
        base(debian, &place.root, signals)?;
        for copies in &image.copies {
            copy(copies, &archive, &place.root)?;
        }
        let mounted = place.root.join(image.volume.trim_start_matches('/'));
        // An engine fills a new volume with what is at its place, and gives it that owner.
        let mut fill = workspace::command("cp");
        signals.succeed(fill.arg("--archive").arg(mounted).arg(&place.volume))?;
        fs::write(&place.script, RUN)?;
        Ok(place)
    }

    /// These words as the first process of a container.
    fn command(&self, words: &[String]) -> Command {
        let mut command = workspace::command("/usr/bin/unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--net"]);
        command.args(["--ipc", "--uts", "/bin/sh"]);
        command.arg(&self.script).arg(&self.root).arg(&self.volume);
        command.arg(&self.image.volume);
        command.arg(self.image.user.to_string()).args(words);
        self.set(&mut command);
        command
    }

    /// These words in a container of their own.
    fn in_another(&self, words: &[String]) -> Command {
        let mut command = self.command(words);
        command.stderr(Stdio::null());
        command
    }

    /// The environment of everything in a container.
    fn set(&self, command: &mut Command) {
        command.env_clear().env("PATH", SEARCH);
        command.envs(&self.image.environment);
        command.env("ATS_PAT_PUBLIC_URL", URL);
        command.env("ATS_PAT_DRAIN_SECONDS", "1");
        command.stdin(Stdio::null());
    }

    /// Fails unless all that the volume has is the user's, and closed to others.
    fn was_written_by(&self, user: u32) -> Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.volume)? {
            files.push(entry?.path());
        }
        ensure!(files.len() > 3, "the volume has only {files:?}");
        for file in files {
            let metadata = file.metadata()?;
            let mode = metadata.permissions().mode();
            ensure!(
                metadata.uid() == user && mode % 0o10 == 0,
                "{} is of the user {}, with mode {mode:o}",
                file.display(),
                metadata.uid()
            );
        }
        Ok(())
    }
}

/// What the base has of Debian.
fn base(debian: &Path, root: &Path, signals: &Signals) -> Result<()> {
    let mut names = String::from(CERTIFICATES);
    for package in BASE {
        let lists = debian.join("var/lib/dpkg/info");
        let list = fs::read_to_string(lists.join(format!("{package}.list")))
            .or_else(|_| fs::read_to_string(lists.join(format!("{package}:amd64.list"))))
            .with_context(|| format!("{package} is not in {}", debian.display()))?;
        for name in list.lines().filter(|name| *name != "/.") {
            names.push('\n');
            names.push_str(name.trim_start_matches('/'));
        }
    }
    let listed = root.with_extension("list");
    fs::write(&listed, names)?;
    let packed = root.with_extension("tar");
    let mut pack = workspace::command("tar");
    pack.args(["--create", "--no-recursion", "--directory"]);
    pack.arg(debian).arg("--files-from").arg(&listed);
    signals.succeed(pack.arg("--file").arg(&packed))?;
    let mut unpack = workspace::command("tar");
    unpack.arg("--extract").arg("--directory").arg(root);
    signals.succeed(unpack.arg("--file").arg(&packed))
}

fn copy(copies: &Copies, archive: &Path, root: &Path) -> Result<()> {
    let to = root.join(copies.to.trim_start_matches('/'));
    fs::create_dir_all(&to)?;
    for from in &copies.from {
        let from = archive.join(from);
        if from.is_dir() {
            // Its content is copied, and the folder there gets its mode and the owner.
            ensure!(
                fs::read_dir(&from)?.next().is_none(),
                "{} is not empty",
                from.display()
            );
            fs::set_permissions(&to, from.metadata()?.permissions())?;
            chown(&to, Some(copies.owner), Some(copies.owner))?;
            continue;
        }
        let name = from.file_name().context("a file without a name")?;
        let file = to.join(name);
        fs::copy(&from, &file).with_context(|| format!("{} is missing", from.display()))?;
        chown(&file, Some(copies.owner), Some(copies.owner))?;
    }
    Ok(())
}

/// A container whose server listens. It is killed when this is dropped.
struct Container<'a> {
    place: &'a Place<'a>,
    unshare: Child,
    first: Pid,
}

impl<'a> Container<'a> {
    fn start(place: &'a Place<'a>) -> Result<Self> {
        let mut command = place.command(&place.image.entrypoint);
        let mut unshare = command.stdout(Stdio::piped()).spawn()?;
        let output = unshare.stdout.take().context("no output")?;
        let mut listens = false;
        for line in BufReader::new(output).lines() {
            listens = line?.starts_with("listening on ");
            if listens {
                break;
            }
        }
        if !listens {
            let status = unshare.wait()?;
            bail!("the server of the container ended before it listened ({status})");
        }
        let id = unshare.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        let first = children.trim().parse().ok().and_then(Pid::from_raw);
        let first = first.context("the container has no process")?;
        Ok(Self {
            place,
            unshare,
            first,
        })
    }

    /// Another process in it, as its user.
    fn inside(&self, words: &[String]) -> Command {
        let mut command = self.enter(&["--mount", "--pid", "--ipc", "--uts", "--root", "--wd"]);
        let user = self.place.image.user.to_string();
        command.args(["--setuid", &user, "--setgid", &user, "--"]);
        command.args(words);
        self.place.set(&mut command);
        command
    }

    /// A program of this machine that reaches its network.
    fn beside(&self, program: &str) -> Command {
        let mut command = self.enter(&[]);
        command.args(["--", program]);
        command
    }

    fn enter(&self, namespaces: &[&str]) -> Command {
        let mut command = workspace::command("/usr/bin/nsenter");
        let target = self.first.as_raw_nonzero().to_string();
        command
            .args(["--target", &target, "--net"])
            .args(namespaces);
        command
    }

    fn add_user(&self) -> Result<()> {
        let admin = self.place.image.copies[0].to.clone() + "ats-pat-admin";
        let words = [
            admin.as_str(),
            "user",
            "add",
            "ada",
            "--admin",
            "--password-stdin",
        ];
        let mut add = self.inside(&words.map(str::to_owned));
        let mut add = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = add.stdin.take().context("no input")?;
        writeln!(input, "{PASSWORD}")?;
        drop(input);
        ensure!(add.wait()?.success(), "no user could be added");
        Ok(())
    }

    /// Fails unless the server has no privilege, and nothing but the volume can be written.
    fn is_confined(&self, user: u32) -> Result<()> {
        let process = PathBuf::from(format!("/proc/{}", self.first.as_raw_nonzero()));
        let status = fs::read_to_string(process.join("status"))?;
        let told = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field));
            line.map(|values| values.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let all = |id: u32| format!("{id} {id} {id} {id}");
        for (field, value) in [
            ("Uid:", all(user)),
            ("Gid:", all(user)),
            ("Groups:", String::new()),
            ("CapPrm:", "0".repeat(16)),
            ("CapEff:", "0".repeat(16)),
            ("NoNewPrivs:", "1".to_owned()),
        ] {
            ensure!(
                told(field).as_deref() == Some(value.as_str()),
                "{field} is {:?}",
                told(field)
            );
        }
        let mounts = fs::read_to_string(process.join("mountinfo"))?;
        let root = mounts
            .lines()
            .find(|line| line.split(' ').nth(4) == Some("/"));
        let options = root.and_then(|root| root.split(' ').nth(5));
        ensure!(
            options.is_some_and(|options| options.split(',').any(|option| option == "ro")),
            "the root can be written: {root:?}"
        );
        Ok(())
    }

    /// Ends it as engines do. Fails unless the server says that all went well.
    fn stop(mut self) -> Result<()> {
        kill_process(self.first, Signal::TERM)?;
        let status = self.unshare.wait()?;
        ensure!(
            status.success(),
            "the server of the container ended: {status}"
        );
        Ok(())
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // Both fail if it has ended, as it has unless a check failed.
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}

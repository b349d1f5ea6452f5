//! A Debian of its own, with systemd, in namespaces of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::process::Signals;
use crate::workspace;

/// Debian's release, which the package is for.
const RELEASE: &str = "bookworm";
/// What the machine has besides the smallest Debian: systemd, what the package depends on, because
/// there is no network, `sudo` of the documentation, and curl and jq of the test.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,procps,ca-certificates,sudo,curl,jq";
/// The kernel that it boots where it is a machine of its own.
const KERNEL: Option<&str> = if cfg!(target_arch = "x86_64") {
    Some("linux-image-cloud-amd64")
} else {
    None
};
/// The search path of root on Debian.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const BOOT: &str = include_str!("machine.sh");
/// Makes Debian in memory, because it waits for the disk thousands of times otherwise.
const MAKE: &str = r#"set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$1"
debootstrap --variant=minbase --include="$3" "$2" "$1/root" >&2
rm -f "$1/root/var/cache/apt/archives/"*.deb
tar --create --directory "$1/root" --file "$4" ."#;

/// The Debian that machines are copies of, as an archive. It is made if it is not there.
pub fn debian(signals: &Signals) -> Result<PathBuf> {
    let tools = workspace::root().join("target/tools/long-packages-debian");
    fs::create_dir_all(&tools)?;
    let packages: Vec<_> = [PACKAGES].into_iter().chain(KERNEL).collect();
    let packages = packages.join(",");
    let names = packages.replace(',', "+");
    let archive = tools.join(format!("{RELEASE}-{names}.tar"));
    if archive.is_file() {
        return Ok(archive);
    }
    let work = TempDir::new()?;
    let new = archive.with_extension("new");
    let mut make = workspace::command("unshare");
    make.args(["--mount", "sh", "-c", MAKE, "sh"]);
    make.arg(work.path()).args([RELEASE, &packages]).arg(&new);
    signals
        .succeed(make.stdin(Stdio::null()))
        .context("no Debian could be made")?;
    fs::rename(&new, &archive)?;
    Ok(archive)
}

/// Unpacks the Debian system into a folder.
pub fn unpack(debian: &Path, root: &Path, signals: &Signals) -> Result<()> {
    fs::create_dir_all(root)?;
    let mut unpack = workspace::command("tar");
    unpack.args(["--extract", "--numeric-owner", "--directory"]);
    signals.succeed(unpack.arg(root).arg("--file").arg(debian))
}

/// Where groups of processes are, if this machine has what systemd needs of them.
pub fn groups() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = mounts
        .lines()
        .find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
    mount.split(' ').nth(1).map(PathBuf::from)
}

/// A machine that runs. It is stopped when this is dropped.
pub struct Machine {
    unshare: Child,
    first: String,
    group: PathBuf,
}

impl Machine {
    /// Starts the system of `root`, and waits until everything is started.
    pub fn start(root: &Path, groups: &Path, signals: &Signals) -> Result<Self> {
        let group = groups.join(format!("ats-pat-xtask-{}", std::process::id()));
        fs::create_dir(&group)?;
        let script = root.with_extension("sh");
        fs::write(&script, BOOT)?;
        let mut command = workspace::command("sh");
        command.args(["-c", "echo $$ > \"$0/cgroup.procs\"; exec \"$@\""]);
        command.arg(&group).args(["unshare", "--mount", "--pid"]);
        command.args(["--fork", "--kill-child", "--net", "--ipc", "--uts"]);
        command.args(["--cgroup", "sh"]).arg(&script).arg(root);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let unshare = command.spawn()?;
        let mut machine = Self {
            unshare,
            first: String::new(),
            group,
        };
        machine.wait_until_it_runs(signals)?;
        Ok(machine)
    }

    fn wait_until_it_runs(&mut self, signals: &Signals) -> Result<()> {
        let id = self.unshare.id();
        let children = format!("/proc/{id}/task/{id}/children");
        loop {
            signals.pause()?;
            if let Some(status) = self.unshare.try_wait()? {
                bail!("the machine did not start ({status})");
            }
            let children = fs::read_to_string(&children).unwrap_or_default();
            children.trim().clone_into(&mut self.first);
            let name = fs::read_to_string(format!("/proc/{}/comm", self.first));
            if name.is_ok_and(|name| name.trim() == "systemd") {
                break;
            }
        }
        // Before its bus is there, it can't be asked.
        loop {
            let mut ask = self.command("systemctl");
            ask.args(["is-system-running", "--wait"]);
            let answer = ask.stderr(Stdio::null()).output()?;
            match String::from_utf8_lossy(&answer.stdout).trim() {
                "running" => return Ok(()),
                "" | "offline" | "initializing" | "starting" => signals.pause()?,
                other => bail!("the machine is {other}"),
            }
        }
    }

    /// A program of the machine, which root runs there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = workspace::command("nsenter");
        command.args(["--target", &self.first, "--mount", "--net", "--pid"]);
        command.args(["--ipc", "--uts", "--cgroup", "--root", "--wd", "env"]);
        command.args(["-i", PATH, "HOME=/root"]);
        command.args(["LANG=C.UTF-8", program]);
        command
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With its first process, all others end. If something fails here, it has ended.
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
        let mut remove = workspace::command("find");
        remove.arg(&self.group);
        remove.args(["-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]);
        for _ in 0..100 {
            let removed = remove.stderr(Stdio::null()).status();
            if removed.is_err() || !self.group.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

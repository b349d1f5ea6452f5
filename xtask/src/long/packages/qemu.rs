//! The Debian package on a machine of its own, with a kernel of its own, which boots and loses its
//! power.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Result, bail, ensure};

use super::caller::USE;
use super::machine;
use crate::process::Signals;
use crate::{dist, workspace};

/// The emulator, and Debian's package of it.
pub const QEMU: (&str, &str) = ("qemu-system-x86_64", "qemu-system-x86");
/// What makes the disk, and the package of it.
pub const MKE2FS: (&str, &str) = ("mke2fs", "e2fsprogs");
/// How long the machine may run, with the processor of this machine and with an emulated one.
const SECONDS: (&str, &str) = ("600", "2400");
/// The size of its disk, of which only what is used takes room.
const DISK: &str = "4G";
const SCRIPT: &str = include_str!("qemu.sh");
/// It is no part of starting the system, because it waits for that.
const UNIT: &str = "[Unit]\nDescription=What this machine is for\n\
    [Service]\nType=exec\nExecStart=/bin/sh /root/package/qemu.sh\n\
    [Install]\nWantedBy=multi-user.target\n";
const UNITS: &str = "etc/systemd/system";
const NAME: &str = "ats-pat-xtask.service";

/// Whether the emulated machine is of the kind of this one, so that the programs run there.
pub const IS_OF_THIS_KIND: bool = cfg!(target_arch = "x86_64");

/// Fails if the package does not work there.
pub fn check(work: &Path, debian: &Path, signals: &Signals) -> Result<()> {
    let root = work.join("qemu");
    machine::unpack(debian, &root, signals)?;
    let place = root.join("root/package");
    fs::create_dir_all(&place)?;
    fs::copy(dist::made_with_end(".deb")?, place.join("first.deb"))?;
    fs::write(place.join("qemu.sh"), SCRIPT)?;
    fs::write(place.join("use.sh"), USE)?;
    let wants = root.join(UNITS).join("multi-user.target.wants");
    fs::create_dir_all(&wants)?;
    fs::write(root.join(UNITS).join(NAME), UNIT)?;
    std::os::unix::fs::symlink(Path::new("/").join(UNITS).join(NAME), wants.join(NAME))?;
    fs::write(root.join("etc/hostname"), "debian\n")?;
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost debian\n")?;

    let disk = work.join("disk");
    let mut make = workspace::command(MKE2FS.0);
    make.args(["-q", "-t", "ext4", "-d"]).arg(&root);
    signals.succeed(make.arg(&disk).arg(DISK))?;
    boot(work, &root, &disk, signals)
}

fn boot(work: &Path, root: &Path, disk: &Path, signals: &Signals) -> Result<()> {
    let (report, console) = (work.join("report"), work.join("console"));
    let (accelerator, seconds) = if has_kvm() {
        ("kvm", SECONDS.0)
    } else {
        eprintln!("This machine's processor runs no other, so one is emulated.");
        ("tcg", SECONDS.1)
    };
    let mut qemu = workspace::command("timeout");
    qemu.args(["--kill-after=10", seconds, QEMU.0]);
    qemu.args([
        "-accel",
        accelerator,
        "-cpu",
        "max",
        "-smp",
        "2",
        "-m",
        "1024",
    ]);
    qemu.args(["-nodefaults", "-nic", "none", "-display", "none"]);
    qemu.arg("-kernel").arg(of_kernel(root, "vmlinuz-")?);
    qemu.arg("-initrd").arg(of_kernel(root, "initrd.img-")?);
    qemu.args(["-append", "root=/dev/vda rw console=ttyS0 panic=-1"]);
    qemu.arg("-drive").arg(format!(
        "file={},format=raw,if=virtio,cache=unsafe",
        disk.display()
    ));
    for port in [&console, &report] {
        qemu.arg("-serial").arg(format!("file:{}", port.display()));
    }
    let status = signals.run(qemu.stdin(Stdio::null()))?;
    signals.check()?;
    let said = fs::read(&report).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).replace('\r', "");
    eprint!("{said}");
    if said.trim_end().ends_with("ended 0") {
        ensure!(status.success(), "qemu failed ({status})");
        return Ok(());
    }
    let console = fs::read(&console).unwrap_or_default();
    let console = String::from_utf8_lossy(&console).replace('\r', "");
    let lines: Vec<_> = console.lines().collect();
    let last = lines[lines.len().saturating_sub(40)..].join("\n");
    bail!("the machine did not come to a good end ({status}). Its console ends with:\n{last}")
}

/// Whether the processor of this machine can run that of another. A device alone proves nothing:
/// virtual machines have one that runs only kernels which were made for it.
fn has_kvm() -> bool {
    let mut options = fs::File::options();
    let device = options.read(true).write(true).open("/dev/kvm");
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    device.is_ok()
        && processor
            .split_whitespace()
            .any(|it| it == "vmx" || it == "svm")
}

/// The file of the kernel of `root` whose name begins so.
fn of_kernel(root: &Path, begin: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(root.join("boot"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(begin) {
            return Ok(entry.path());
        }
    }
    bail!("{} has no {begin}*", root.display())
}

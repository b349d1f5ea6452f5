//! The measured programs: they are started, their costs are read, and they are stopped.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::clock::now;
use crate::cores::Cores;

/// A program that runs and listens. It is killed when this is dropped.
pub struct Program {
    process: Process,
    url: String,
    address: SocketAddr,
    // It is kept open, because a program that can't write any more may end.
    _output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it on the server's core, and waits until it prints its address.
    pub fn start(mut command: Command, cores: Cores) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let name = command.get_program().display().to_string();
        let mut process = Process(cores.start(&mut command)?);
        let output = process.0.stdout.take().context("no standard output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some(url) = line.trim_end().strip_prefix("listening on ") {
                let authority = url.strip_prefix("http://").unwrap_or(url);
                return Ok(Self {
                    address: authority
                        .parse()
                        .with_context(|| format!("{name} listens on {url}"))?,
                    url: url.to_owned(),
                    process,
                    _output: output,
                });
            }
            line.clear();
        }
        bail!("{name} ended before it listened")
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The processor time that all its threads have used, to a hundredth of a second on most
    /// systems.
    pub fn processor_time(&self) -> Result<Duration> {
        let ticks =
            ticks(&self.process.file("stat")?).context("/proc/PID/stat has another form")?;
        Ok(Duration::from_secs(ticks) / u32::try_from(clock_ticks_per_second())?)
    }

    /// How it ended, if it has ended or ends within a moment. That explains other failures.
    pub fn ending(&self) -> Option<String> {
        let pid = WaitId::Pid(Pid::from_child(&self.process.0));
        // The process stays, so that dropping this value can wait for it.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let end = now() + Duration::from_millis(200);
        while now() < end {
            if let Ok(Some(status)) = waitid(pid.clone(), options) {
                return Some(match status.terminating_signal() {
                    Some(signal) => format!("the program was ended by signal {signal}"),
                    None => "the program has ended".to_owned(),
                });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Suspends it while others are measured. It shares their core, and its own activity, such as
    /// polling a database, would count against them.
    pub fn suspend(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Gives it priority over everything else on its core, if that is allowed, or takes the
    /// priority back. Not for a program that needs the whole core, because the system would take
    /// the core away for a twentieth of each second (sched(7)).
    pub fn put_first(&self, first: bool) -> Result<()> {
        let (policy, priority) = if first {
            ("--fifo", "1")
        } else {
            ("--other", "0")
        };
        let pid = self.process.0.id().to_string();
        let chrt = Command::new("chrt")
            .args(["--all-tasks", policy, "--pid", priority, &pid])
            .stderr(Stdio::null())
            .status();
        chrt.context("chrt, of util-linux, is missing")?;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.process.0), signal).context("a program is gone")
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        self.signal(Signal::INT)?;
        let status = self.process.0.wait()?;
        if !status.success() {
            bail!("a program did not end well ({status})");
        }
        Ok(())
    }

    /// Kills it, as a lack of memory would.
    pub fn kill(mut self) -> Result<()> {
        self.process.0.kill()?;
        self.process.0.wait()?;
        Ok(())
    }

    /// Its resident memory, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        resident_kib(&self.process.file("status")?).context("/proc/PID/status has another form")
    }
}

/// KiB as MiB, for people.
#[expect(clippy::cast_precision_loss, reason = "memory far below 2^52 KiB")]
pub fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

struct Process(Child);

impl Process {
    /// A file of the system about it.
    fn file(&self, name: &str) -> Result<String> {
        let path = format!("/proc/{}/{name}", self.0.id());
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // If this fails, the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// User and system time of `/proc/PID/stat`, in ticks (proc_pid_stat(5), fields 14 and 15). The
/// name of the program is field 2 and may contain anything, so counting begins after its bracket.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}

/// `VmRSS` of `/proc/PID/status` (proc_pid_status(5)).
fn resident_kib(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b ) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 4 0 1 2 3";
        assert_eq!(ticks(stat), Some(300));
    }

    #[test]
    fn resident_memory_is_read() {
        let status = "Name:\tx\nVmHWM:\t   9000 kB\nVmRSS:\t   8123 kB\nThreads:\t4\n";
        assert_eq!(resident_kib(status), Some(8123));
    }
}

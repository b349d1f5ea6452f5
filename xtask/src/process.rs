//! Runs other programs so that a signal to this program ends them too, and leaves time to tidy up.

use std::io::IsTerminal;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How often a running child and the signals are checked.
const TICK: Duration = Duration::from_millis(10);
/// Ticks between passing a signal on and killing a child that ignores it: ten seconds.
const GRACE_TICKS: u32 = 1_000;

/// The last signal that asked this program to end. While this exists, such signals don't end the
/// program by themselves.
#[derive(Clone)]
pub struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// From now on, SIGINT, SIGTERM and SIGHUP are recorded and don't end this program.
    pub fn watch() -> Result<Self> {
        let last = Arc::new(AtomicUsize::new(0));
        for (signal, value) in [(SIGINT, 2), (SIGTERM, 15), (SIGHUP, 1)] {
            signal_hook::flag::register_usize(signal, Arc::clone(&last), value)
                .with_context(|| format!("cannot handle signal {signal}"))?;
        }
        Ok(Self(last))
    }

    /// The signal that came, if one did.
    pub fn received(&self) -> Option<Signal> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Signal::HUP),
            2 => Some(Signal::INT),
            _ => Some(Signal::TERM),
        }
    }

    /// Fails if a signal came. Call it between the steps of long work.
    pub fn check(&self) -> Result<()> {
        match self.received() {
            Some(signal) => bail!("stopped by {signal:?}"),
            None => Ok(()),
        }
    }

    /// Waits a moment. Fails if a signal came.
    pub fn pause(&self) -> Result<()> {
        std::thread::sleep(TICK);
        self.check()
    }

    /// Runs `command` to its end. A signal to this program is passed on, and ten seconds later the
    /// child is killed.
    pub fn run(&self, command: &mut Command) -> Result<ExitStatus> {
        self.check()?;
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", name(command)))?;
        let mut ticks_since_signal = 0;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if let Some(signal) = self.received().filter(|signal| !told_by_terminal(*signal)) {
                if ticks_since_signal == 0 {
                    send(&child, signal);
                }
                ticks_since_signal += 1;
                if ticks_since_signal > GRACE_TICKS {
                    child.kill()?;
                }
            }
            std::thread::sleep(TICK);
        }
    }

    /// Runs `command` and fails unless it succeeds.
    pub fn succeed(&self, command: &mut Command) -> Result<()> {
        let status = self.run(command)?;
        self.check()?;
        if !status.success() {
            bail!("{} failed ({status})", name(command));
        }
        Ok(())
    }
}

/// Sends `signal`. It is not an error if the child has already ended.
pub fn send(child: &Child, signal: Signal) {
    if let Ok(raw) = i32::try_from(child.id())
        && let Some(pid) = Pid::from_raw(raw)
    {
        // It fails only if the process is gone, which is what the caller wants.
        let _ = kill_process(pid, signal);
    }
}

/// The command line, for messages.
pub fn name(command: &Command) -> String {
    words(command).join(" ")
}

/// The program and its arguments.
pub fn words(command: &Command) -> Vec<String> {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// Whether this program runs as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A terminal sends ctrl-C to the whole foreground group. The child already has it and decides what
/// to do, as `psql` cancels a query. A second signal would make test runners give up at once.
fn told_by_terminal(signal: Signal) -> bool {
    signal == Signal::INT && std::io::stdin().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Signals {
        Signals(Arc::new(AtomicUsize::new(0)))
    }

    #[test]
    fn a_failing_command_is_named() {
        let error = quiet().succeed(Command::new("false").arg("x")).unwrap_err();
        assert!(error.to_string().starts_with("false x failed"), "{error}");
    }

    #[test]
    fn a_missing_command_is_named() {
        let error = quiet()
            .run(&mut Command::new("no-such-program"))
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot start no-such-program");
    }

    #[test]
    fn a_signal_ends_the_child() {
        use std::os::unix::process::ExitStatusExt;
        let signals = quiet();
        let sender = signals.clone();
        let later = std::thread::spawn(move || {
            std::thread::sleep(TICK * 3);
            sender.0.store(15, Ordering::SeqCst);
        });
        let status = signals.run(Command::new("sleep").arg("60")).unwrap();
        later.join().unwrap();
        assert_eq!(status.signal(), Some(15));
        assert!(signals.check().is_err());
    }
}

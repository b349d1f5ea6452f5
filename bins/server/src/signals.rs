//! The signals that end the server, and those that must not.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How far the server is on its way to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Nobody asked it to end.
    No,
    /// It was asked to end. It still serves, so that balancers have time to notice.
    Announced,
    /// It accepts nothing more.
    Now,
}

/// The two signals that ask for the end.
struct Requests {
    terminate: Signal,
    interrupt: Signal,
}

impl Requests {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them. Returns whether it allows the server to go on for a while.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
        }
    }
}

/// Says when a signal asks the process to end. After SIGTERM it serves for `drain` longer, unless
/// another signal comes. SIGINT comes from people, who don't want to wait.
pub fn ending(drain: Duration) -> io::Result<watch::Receiver<Ending>> {
    let mut requests = Requests::listen()?;
    let (sender, receiver) = watch::channel(Ending::No);
    tokio::spawn(async move {
        let may_wait = requests.next().await;
        sender.send_replace(Ending::Announced);
        if may_wait && !drain.is_zero() {
            tracing::info!(
                seconds = drain.as_secs(),
                "asked to end: not ready any more, and serving a little longer so that balancers notice"
            );
            tokio::select! {
                () = tokio::time::sleep(drain) => {}
                _ = requests.next() => {}
            }
        }
        tracing::info!("ending: requests under way are answered first");
        sender.send_replace(Ending::Now);
        // One more signal stops at once.
        requests.next().await;
        tracing::warn!("asked to stop again: stopping at once");
        std::process::exit(1);
    });
    Ok(receiver)
}

/// SIGHUP, which asks for the settings to be read anew.
pub fn hangup() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Takes the signals that would otherwise end the process at once and cut off requests and changes.
pub fn ignore_others() -> io::Result<()> {
    for (name, kind) in [
        ("SIGUSR1", SignalKind::user_defined1()),
        ("SIGUSR2", SignalKind::user_defined2()),
    ] {
        let mut ignored = signal(kind)?;
        tokio::spawn(async move {
            while ignored.recv().await.is_some() {
                tracing::warn!(
                    signal = name,
                    "ignored: send SIGHUP to read the settings, or SIGTERM to end the server"
                );
            }
        });
    }
    Ok(())
}

/// Returns when the end has come at least so far.
pub async fn until(mut ending: watch::Receiver<Ending>, stage: Ending) {
    // An error means that the sender is gone, which only happens at the end.
    let _ = ending.wait_for(|now| *now >= stage).await;
}

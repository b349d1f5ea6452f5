//! The signals that end the server, and those that must not.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Becomes true when SIGTERM or SIGINT asks the process to stop.
pub fn shutdown() -> io::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop: requests under way are answered first");
        sender.send_replace(true);
        // A second signal stops at once.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("asked to stop again: stopping at once");
        std::process::exit(1);
    });
    Ok(receiver)
}

/// Takes the signals that would otherwise end the process at once and cut off requests and changes.
pub fn ignore_others() -> io::Result<()> {
    for (name, kind) in [
        ("SIGHUP", SignalKind::hangup()),
        ("SIGUSR1", SignalKind::user_defined1()),
        ("SIGUSR2", SignalKind::user_defined2()),
    ] {
        let mut ignored = signal(kind)?;
        tokio::spawn(async move {
            while ignored.recv().await.is_some() {
                tracing::warn!(
                    signal = name,
                    "ignored: settings are read at the start only; send SIGTERM to end the server"
                );
            }
        });
    }
    Ok(())
}

/// Returns when the process is asked to stop.
pub async fn until(mut shutdown: watch::Receiver<bool>) {
    // An error means that the sender is gone, which only happens at the end.
    let _ = shutdown.wait_for(|asked| *asked).await;
}

//! What systemd is told (sd_notify(3)), or another supervisor that speaks its protocol. Without
//! one, nothing here does anything.

use std::time::Duration;

use ats_pat_http::Pulse;
use sd_notify::NotifyState;

/// The path that the watchdog asks every worker for. It needs neither database nor sign-in.
const LIVE: &str = "/health/live";

/// Tells systemd that the server answers.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server was asked to end.
pub fn ending() {
    tell(&[NotifyState::Stopping]);
}

/// If the supervisor has a watchdog, tells it again and again that the server serves, but only
/// while each worker answers. It ends the server if it hears nothing. This never completes.
pub async fn watch(pulse: Pulse) {
    let Some(longest) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    // Twice as often as needed, so that a busy moment is no alarm.
    let pause = (longest / 2).max(Duration::from_millis(1));
    let mut ticks = tokio::time::interval(pause);
    let mut answered_before = true;
    loop {
        ticks.tick().await;
        let answered = tokio::time::timeout(pause, pulse.is_answered(LIVE)).await == Ok(true);
        if answered {
            tell(&[NotifyState::Watchdog]);
        } else if answered_before {
            tracing::error!(
                "a worker does not answer: the watchdog is not told that the server serves"
            );
        }
        answered_before = answered;
    }
}

/// The server reads its settings anew, until [`ready`].
pub fn reloading() {
    // Systemd needs the time, to tell an end of this from an end of an earlier one.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => {
            tracing::warn!(%error, "the service manager is not told that settings are read");
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager of NOTIFY_SOCKET can't be told how the server is");
    }
}

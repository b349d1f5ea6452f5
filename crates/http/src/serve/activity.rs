use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use tokio::sync::Notify;

/// What one connection does. Its own loop and the search for an idle connection use this.
pub(super) struct Activity {
    /// Since the machine started.
    since: Duration,
    begun: AtomicU64,
    under_way: AtomicUsize,
    /// When the last answer ended, in milliseconds after `since`.
    quiet_from: AtomicU64,
    head: AtomicBool,
    parting: AtomicBool,
    leave: Notify,
}

impl Activity {
    /// The activity of a connection that waits for its place. It is not idle, because ending it
    /// makes no room.
    pub(super) fn waiting() -> Self {
        Self {
            since: SystemClock.since_boot(),
            begun: AtomicU64::new(0),
            under_way: AtomicUsize::new(1),
            quiet_from: AtomicU64::new(0),
            head: AtomicBool::new(false),
            parting: AtomicBool::new(false),
            leave: Notify::new(),
        }
    }

    /// The connection has its place.
    pub(super) fn placed(&self) {
        self.end();
    }

    /// A request begins: its head was read.
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.head.store(false, Ordering::Relaxed);
    }

    /// A request ends. Its answer was sent or given up.
    pub(super) fn end(&self) {
        let quiet_from = self.age().as_millis();
        let quiet_from = u64::try_from(quiet_from).unwrap_or(u64::MAX);
        self.quiet_from.store(quiet_from, Ordering::Relaxed);
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// Bytes arrived. If no request is under way, they begin the head of one.
    pub(super) fn heard(&self) {
        if self.is_idle() {
            self.head.store(true, Ordering::Relaxed);
        }
    }

    /// How many requests began so far.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }

    /// Whether the head of a request has begun but is not complete.
    pub(super) fn is_in_head(&self) -> bool {
        self.head.load(Ordering::Relaxed) && self.is_idle()
    }

    /// How long it has been idle; `None` while a request is under way.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        let quiet_from = Duration::from_millis(self.quiet_from.load(Ordering::Relaxed));
        self.is_idle()
            .then(|| self.age().saturating_sub(quiet_from))
    }

    fn age(&self) -> Duration {
        SystemClock.since_boot().saturating_sub(self.since)
    }

    /// From now on, each answer says that it is the last of the connection.
    pub(super) fn part(&self) {
        self.parting.store(true, Ordering::Relaxed);
    }

    /// Whether an answer must say that the connection ends.
    pub(super) fn is_parting(&self) -> bool {
        self.parting.load(Ordering::Relaxed)
    }

    /// Asks the connection to end, so that another one gets its place.
    pub(super) fn ask_to_leave(&self) {
        self.leave.notify_one();
    }

    /// Completes when the connection was asked to end.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

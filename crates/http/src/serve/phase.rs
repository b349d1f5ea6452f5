//! The course of a server.

/// Where the server stands, as its connections see it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Requests are taken.
    Serving,
    /// Those under way are answered.
    Draining,
    /// Nothing is waited for any more.
    Over,
}

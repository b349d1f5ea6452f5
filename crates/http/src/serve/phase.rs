//! The course of a server.

/// The state of the server, as its connections see it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Requests are taken.
    Serving,
    /// Requests under way are answered.
    Draining,
    /// Nothing is waited for any more.
    Over,
}

//! The phases of a server.

/// The state of the server, as its connections see it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Connections and requests are accepted.
    Serving,
    /// Requests under way are answered.
    Draining,
    /// The server waits for nothing more.
    Over,
}

//! How a server prepares for a loss of power.

/// How a server prepares for a loss of power.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Durability {
    /// Not at all, which is fast. Its data is worth nothing after a test.
    None,
    /// As in production: committed data is on the disk.
    Full,
}

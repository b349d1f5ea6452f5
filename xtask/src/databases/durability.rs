//! What a server does about a loss of power.

/// What a server does about a loss of power.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Durability {
    /// Nothing, which is fast: what it holds is worth nothing after a test.
    None,
    /// As where data matters: what was committed is on the disk.
    Full,
}

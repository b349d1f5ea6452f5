//! What a change takes away.

/// What a change takes away. A later variant includes the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use = "what takes rights away is answered after a wait"]
pub(crate) enum Taken {
    /// No right was taken away.
    Nothing,
    /// Only sessions ended. Nobody waits, because every request reads its session from the
    /// database.
    Sessions,
    /// The right was taken away before. Another call may have done it just now, and not be answered
    /// yet.
    Before,
    /// A right was taken away that servers could still use in exchanges from memory.
    Now,
}

impl Taken {
    pub(crate) fn now_if(changed: bool) -> Self {
        if changed { Self::Now } else { Self::Before }
    }
}

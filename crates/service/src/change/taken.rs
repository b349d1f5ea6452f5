//! What a change takes away.

/// What a change takes away; the greater waits where the lesser does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use = "what takes rights away is answered after a wait"]
pub(crate) enum Taken {
    /// Nobody loses a right.
    Nothing,
    /// Sessions end, and nothing else. Every request asks the database for its session, so nobody
    /// waits.
    Sessions,
    /// What it would take was gone before. Another call may have taken it just now, and not be
    /// answered yet.
    Before,
    /// Somebody loses a right that exchanges could answer by from memory.
    Now,
}

impl Taken {
    pub(crate) fn now_if(changed: bool) -> Self {
        if changed { Self::Now } else { Self::Before }
    }
}

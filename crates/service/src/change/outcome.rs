//! What a change answers with.

use crate::change::settled::Settled;

/// The result of a change, with the mark that a cache must respect.
#[must_use = "an outcome that takes rights away binds the time of the answer"]
pub struct Outcome<T> {
    value: T,
    takes_rights_away: bool,
}

impl<T> Outcome<T> {
    /// Nobody loses rights by it: the answer may go out at once.
    pub(crate) fn grants(value: T) -> Self {
        Self {
            value,
            takes_rights_away: false,
        }
    }

    /// Sessions end by it, and nothing else: they are never answered for from memory, so the answer may go out at once.
    pub(crate) fn ends_sessions(value: T) -> Self {
        Self {
            value,
            takes_rights_away: true,
        }
    }

    /// Somebody loses rights by it, now or by another call just before, and it was waited for.
    pub(crate) fn takes_away(value: T, _: Settled) -> Self {
        Self {
            value,
            takes_rights_away: true,
        }
    }

    /// Whether somebody loses rights by it. Where exchanges could answer from before the change, it waited for their end.
    pub fn takes_rights_away(&self) -> bool {
        self.takes_rights_away
    }

    /// The result.
    pub fn into_value(self) -> T {
        self.value
    }
}

//! Sessions: a person's sign-in.

use std::time::Duration;

use crate::id::UserId;
use crate::time::Timestamp;

/// A sign-in of a person; its id stands only as a keyed hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The keyed hash of the session id.
    pub id_hash: [u8; 32],
    /// Whose session it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used; may lag by a minute. Not covered by the row's tag, but by one of its own.
    pub last_seen_at: Timestamp,
    /// The tag of that time. `None` until it is used for the first time after the sign-in.
    pub seen_tag: Option<Vec<u8>>,
    /// When it ends, whatever happens.
    pub ends_at: Timestamp,
}

impl Session {
    /// Whether the session still holds: neither idle for `idle` nor at its end.
    pub fn holds(&self, now: Timestamp, idle: Duration) -> bool {
        now < self.ends_at && now < self.last_seen_at.after(idle)
    }
}

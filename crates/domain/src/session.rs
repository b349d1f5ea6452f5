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
    /// When it began: its user gave the password then.
    pub created_at: Timestamp,
    /// When it was last used; may lag by a minute. Not covered by the row's tag, but by one of its
    /// own.
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

    /// Whether its user signed in at most `within` ago. One that began more than `skew` in the
    /// future did not: where a clock was set back, it would be recent for as long as the clock was
    /// wrong.
    pub fn is_recent(&self, now: Timestamp, within: Duration, skew: Duration) -> bool {
        now <= self.created_at.after(within) && self.created_at <= now.after(skew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_recent_for_as_long_as_asked_and_not_from_the_future() {
        let begun = Timestamp::from_millis(1_800_000_000_000);
        let session = Session {
            id_hash: [0; 32],
            user_id: UserId::new(begun, [0; 10]),
            created_at: begun,
            last_seen_at: begun,
            seen_tag: None,
            ends_at: begun.after(Duration::from_hours(12)),
        };
        let (within, skew) = (Duration::from_mins(15), Duration::from_mins(1));
        let ms = Duration::from_millis(1);
        for (now, is_recent) in [
            (begun, true),
            (begun.after(within), true),
            (begun.after(within + ms), false),
            (begun.before(skew), true),
            (begun.before(skew + ms), false),
            (begun.before(within), false),
        ] {
            assert_eq!(session.is_recent(now, within, skew), is_recent, "{now}");
        }
    }
}

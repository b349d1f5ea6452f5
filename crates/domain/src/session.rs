//! Sessions: a user is signed in.

use std::time::Duration;

use crate::id::UserId;
use crate::identity::ProviderName;
use crate::time::Timestamp;

/// A user's sign-in. Only a keyed hash of the session id is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The keyed hash of the session id.
    pub id_hash: [u8; 32],
    /// The user who signed in.
    pub user_id: UserId,
    /// When it began. If it began by a password, that is when the user gave it.
    pub created_at: Timestamp,
    /// When it was last used. May be up to a minute late. The row's tag doesn't cover it, because
    /// it has a tag of its own.
    pub last_seen_at: Timestamp,
    /// The tag of `last_seen_at`. `None` until the session is first used after the sign-in.
    pub seen_tag: Option<Vec<u8>>,
    /// When it ends, even if it is in use.
    pub ends_at: Timestamp,
    /// The sign-in at an identity provider that it began by. `None` if it began by a password.
    pub provider: Option<ProviderSession>,
}

/// What a session keeps about the sign-in at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSession {
    /// The provider's name in the settings.
    pub provider: ProviderName,
    /// The keyed hash of the provider's id of the sign-in, by which the provider can end it.
    pub id_hash: Option<[u8; 32]>,
    /// When the user authenticated at the provider, if it says so (`auth_time`).
    pub authenticated_at: Option<Timestamp>,
    /// Whether the user administers the service in this session, because of a group at the
    /// provider.
    pub is_administrator: bool,
}

impl Session {
    /// Whether the session is valid: not idle for `idle`, and not at its end.
    pub fn is_valid(&self, now: Timestamp, idle: Duration) -> bool {
        now < self.ends_at && now < self.last_seen_at.after(idle)
    }

    /// Whether the user gave the password at most `within` ago, here or at the identity provider.
    /// One that was given more than `skew` in the future is not recent: if a clock was wrong and
    /// then set back, it would be recent for as long as the clock had been wrong.
    pub fn is_recent(&self, now: Timestamp, within: Duration, skew: Duration) -> bool {
        self.authenticated_at()
            .is_some_and(|at| now <= at.after(within) && at <= now.after(skew))
    }

    /// When the user gave the password. For a session from a provider this is not its beginning,
    /// because a provider may let users in who gave their password long ago.
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        match &self.provider {
            None => Some(self.created_at),
            Some(provider) => provider.authenticated_at,
        }
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
            provider: None,
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
        // A provider may let somebody in again who gave the password days ago.
        let of_provider = |authenticated_at| Session {
            provider: Some(ProviderSession {
                provider: ProviderName::from_stored("corp".to_owned()),
                id_hash: None,
                authenticated_at,
                is_administrator: false,
            }),
            ..session.clone()
        };
        for (authenticated_at, is_recent) in [
            (None, false),
            (Some(begun), true),
            (Some(begun.before(within)), true),
            (Some(begun.before(within + ms)), false),
            (Some(begun.after(skew + ms)), false),
        ] {
            let session = of_provider(authenticated_at);
            assert_eq!(session.is_recent(begun, within, skew), is_recent);
        }
    }
}

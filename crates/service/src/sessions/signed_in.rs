//! A user who is signed in, by a session that was checked.

use ats_pat_domain::{Session, Tagged, User, UserId};

use crate::ledger::rows::Roots;
use crate::view::SessionUser;

/// Proof of a valid session. The use cases of signed-in users require it.
#[derive(Clone)]
pub struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
}

impl SignedIn {
    /// The user who is signed in.
    pub fn user(&self) -> SessionUser {
        SessionUser {
            is_admin: self.is_administrator(),
            ..SessionUser::new(&self.user)
        }
    }

    /// Whether the user administers the service in this session: always, or because of a group at
    /// the identity provider.
    pub(crate) fn is_administrator(&self) -> bool {
        let provider = self.session.provider.as_ref();
        self.user.is_administrator || provider.is_some_and(|provider| provider.is_administrator)
    }

    /// Whether the user has a password here, and does not only sign in at an identity provider.
    pub fn has_password(&self) -> bool {
        self.user.password_hash.is_some()
    }

    /// The identity provider that the session began by.
    pub fn provider(&self) -> Option<&str> {
        let provider = self.session.provider.as_ref();
        provider.map(|provider| provider.provider.as_str())
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.user.id
    }
}

/// Whether a session is this user's and began after the last write of the user's row. A change of
/// that row ends the user's sessions. This also ends a session that was hidden at that time.
pub(crate) fn belongs(roots: &Roots, session: &Tagged<Session>, user: &Tagged<User>) -> bool {
    let origins = roots.origin(session).zip(roots.origin(user));
    session.row.user_id == user.row.id
        && origins.is_some_and(|(session, user)| session.seq >= user.seq)
}

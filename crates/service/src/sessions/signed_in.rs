//! Who is signed in.

use ats_pat_domain::{Session, Tagged, User, UserId};

use crate::ledger::rows::Roots;
use crate::view::SessionUser;

/// Proof that a session holds: what the use cases of a signed-in user ask for.
#[derive(Clone)]
pub struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
}

impl SignedIn {
    /// Who is signed in.
    pub fn user(&self) -> SessionUser {
        SessionUser::new(&self.user)
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.user.id
    }
}

/// Whether a session is this user's, and began with the user's row as it is, or later. Whatever
/// writes that row ends the user's sessions: one that was hidden meanwhile is ended too.
pub(crate) fn belongs(roots: &Roots, session: &Tagged<Session>, user: &Tagged<User>) -> bool {
    let origins = roots.origin(session).zip(roots.origin(user));
    session.row.user_id == user.row.id
        && origins.is_some_and(|(session, user)| session.seq >= user.seq)
}

//! Who makes a change, and by what right.

use ats_pat_domain::Problem;
use ats_pat_domain::event::Actor;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::port::SetupLink;
use ats_pat_domain::{OperatorKey, User, UserId};

use crate::sessions::SignedIn;

/// Who makes a change, and by what right. Every change runs under one.
#[derive(Clone)]
pub(crate) enum Authority {
    /// A user in a session, who changes what is theirs.
    Session(SignedIn),
    /// An administrator in a session, who changes what is anybody's.
    Administrator(SignedIn),
    /// Somebody at the admin program. Whoever can run it needs no other right.
    Operator,
    /// A program with this operator key.
    OperatorKey(Box<OperatorKey>),
    /// Somebody who gave the password of this user. It was verified against this row.
    Password(User),
    /// Somebody who showed the code of this set-up link, and becomes this user.
    SetupLink {
        /// The code was verified against this row.
        link: SetupLink,
        user: UserId,
    },
    /// Somebody who signs out of a session of this user. The id of the session is enough: it ends
    /// nothing but the session, and works also after the session expired.
    SignOut(UserId),
    /// Somebody who showed secrets of personal access tokens. The change looks at each of them
    /// again, because it skips those that were replaced meanwhile.
    Holder,
    /// A bulk job, by the right of whoever began it.
    Job(Actor),
    /// This program itself.
    System,
}

/// What the check of an authority found.
pub(super) enum Found {
    Nothing,
    User(Box<User>),
    SetupLink(SetupLink),
}

impl Authority {
    /// Whom events name.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Session(by) | Self::Administrator(by) => Actor::User(by.user.id),
            Self::Password(user) => Actor::User(user.id),
            Self::SetupLink { user, .. } | Self::SignOut(user) => Actor::User(*user),
            Self::Operator => Actor::Operator,
            Self::OperatorKey(key) => Actor::OperatorKey(key.id),
            Self::Holder => Actor::Holder,
            Self::Job(actor) => *actor,
            Self::System => Actor::System,
        }
    }

    /// The session in which the change is made.
    pub(crate) fn session(&self) -> Option<&SignedIn> {
        match self {
            Self::Session(by) | Self::Administrator(by) => Some(by),
            _ => None,
        }
    }

    /// Asks an operator key for this right. Every other authority has what it reaches.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub(crate) fn require(&self, right: Right) -> Result<(), Problem> {
        match self {
            Self::OperatorKey(key) if !key.rights.contain(right) => Err(Problem::Forbidden),
            _ => Ok(()),
        }
    }

    /// Whether it reaches what is anybody's; else it reaches what is the user's.
    pub(super) fn reaches_everybody(&self) -> bool {
        matches!(
            self,
            Self::Administrator(_) | Self::Operator | Self::OperatorKey(_) | Self::Job(_)
        )
    }
}

impl Found {
    pub(super) fn of(user: User) -> Self {
        Self::User(Box::new(user))
    }
}

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
    /// A user in a session, who changes only their own things.
    Session(SignedIn),
    /// An administrator in a session, who may change anybody's things.
    Administrator(SignedIn),
    /// An operator at the admin program. Running it is right enough.
    Operator,
    /// A program with this operator key.
    OperatorKey(Box<OperatorKey>),
    /// Somebody who gave the password of this user. The password was verified against this row.
    Password(User),
    /// Somebody who proved an identity at an identity provider that is this user's, or is linked to
    /// this new user.
    Identity(UserId),
    /// An identity provider, which ends sign-ins that began there.
    Provider,
    /// Somebody who showed the code of this set-up link. The link makes them this user.
    SetupLink {
        /// The code was verified against this row.
        link: SetupLink,
        user: UserId,
    },
    /// Somebody who signs out of a session of this user. The session id is enough, because it ends
    /// only the session. It also works after the session expired.
    SignOut(UserId),
    /// Somebody who showed secrets of personal access tokens. The change checks each secret again,
    /// because it may have been replaced in the meantime.
    Holder,
    /// A bulk job, by the right of whoever began it.
    Job(Actor),
    /// This program itself, in its background work.
    System,
}

/// The rows that the check of an authority found.
pub(super) enum Found {
    Nothing,
    User(Box<User>),
    SetupLink(SetupLink),
}

impl Authority {
    /// The actor in events.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Session(by) | Self::Administrator(by) => Actor::User(by.user.id),
            Self::Password(user) => Actor::User(user.id),
            Self::SetupLink { user, .. } | Self::SignOut(user) | Self::Identity(user) => {
                Actor::User(*user)
            }
            Self::Operator => Actor::Operator,
            Self::OperatorKey(key) => Actor::OperatorKey(key.id),
            Self::Holder => Actor::Holder,
            Self::Job(actor) => *actor,
            Self::Provider | Self::System => Actor::System,
        }
    }

    /// The session in which the change is made.
    pub(crate) fn session(&self) -> Option<&SignedIn> {
        match self {
            Self::Session(by) | Self::Administrator(by) => Some(by),
            _ => None,
        }
    }

    /// Requires that an operator key has this right. Every other authority has all rights over what
    /// it reaches.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub(crate) fn require(&self, right: Right) -> Result<(), Problem> {
        match self {
            Self::OperatorKey(key) if !key.rights.contain(right) => Err(Problem::Forbidden),
            _ => Ok(()),
        }
    }

    /// Whether it reaches everybody's things, and not only the user's own.
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

//! Who makes a change, and by what right.

use ats_pat_domain::event::Actor;
use ats_pat_domain::port::{FoundSession, SetupLink};
use ats_pat_domain::{Problem, User, UserId};

use super::Draft;
use crate::service::error::Error;
use crate::sessions::setup::has_administrator;
use crate::sessions::{SignedIn, belongs};

/// Who makes a change, and by what right. Every change runs under one.
#[derive(Clone)]
pub(crate) enum Authority {
    /// A user in a session, who changes what is theirs.
    Session(SignedIn),
    /// An administrator in a session, who changes what is anybody's.
    Administrator(SignedIn),
    /// Somebody at the admin program. Whoever can run it needs no other right.
    Operator,
    /// Somebody who gave the password of this user. It was verified against this row.
    Password(User),
    /// Somebody who showed the code of this set-up link, and becomes this user.
    SetupLink {
        /// The code was verified against this row.
        link: SetupLink,
        user: UserId,
    },
    /// Somebody who signs out of a session of this user. The id of the session is enough: it ends nothing but the
    /// session, and works also after the session expired.
    SignOut(UserId),
    /// Somebody who showed secrets of personal access tokens. The change looks at each of them again, because it
    /// skips those that were replaced meanwhile.
    Holder,
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
            Self::Holder => Actor::Holder,
            Self::System => Actor::System,
        }
    }

    /// Whether it reaches what is anybody's; else it reaches what is the user's.
    pub(super) fn reaches_everybody(&self) -> bool {
        matches!(self, Self::Administrator(_) | Self::Operator)
    }

    /// Checks in the transaction that the authority is still valid and sufficient: until the turn of the change came, it
    /// may have ended.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] for a session that ended, [`Problem::Forbidden`] for a user who is no longer an
    /// administrator, [`Problem::InvalidCredentials`] for a password that was changed, [`Problem::OwnerDisabled`] for a
    /// user who signs in and was disabled, [`Error::SetupCodeInvalid`].
    pub(super) async fn check(&self, draft: &Draft<'_>) -> Result<Found, Error> {
        match self {
            Self::Session(by) => still_signed_in(draft, by).await.map(Found::of),
            Self::Administrator(by) => {
                let user = still_signed_in(draft, by).await?;
                if user.is_administrator {
                    Ok(Found::of(user))
                } else {
                    Err(Problem::Forbidden.into())
                }
            }
            Self::Password(verified) => still_has_password(draft, verified).await.map(Found::of),
            Self::SetupLink { link, .. } => {
                still_needs_setup(draft, link).await.map(Found::SetupLink)
            }
            Self::Operator | Self::SignOut(_) | Self::Holder | Self::System => Ok(Found::Nothing),
        }
    }
}

impl Found {
    fn of(user: User) -> Self {
        Self::User(Box::new(user))
    }
}

async fn still_signed_in(draft: &Draft<'_>, by: &SignedIn) -> Result<User, Error> {
    let found = draft.read().sessions().by_hash(&by.session.id_hash).await?;
    let FoundSession { session, user, .. } = found.ok_or(Problem::SignInRequired)?;
    let belongs = belongs(draft.roots(), &session, &user);
    // One that was planted or put back is none.
    let session = draft.genuine(session).await?;
    let user = draft.genuine(user).await?;
    let (Some(session), Some(user)) = (session, user) else {
        return Err(Problem::SignInRequired.into());
    };
    if user.disabled || !belongs || user.id != by.user.id || session.ends_at <= draft.now {
        return Err(Problem::SignInRequired.into());
    }
    Ok(user)
}

async fn still_has_password(draft: &Draft<'_>, verified: &User) -> Result<User, Error> {
    let user = draft.read().users().by_id(verified.id).await?;
    let user = user.ok_or(Problem::InvalidCredentials)?;
    let user = draft.check(user).await?;
    if user.password_hash != verified.password_hash {
        return Err(Problem::InvalidCredentials.into());
    }
    if user.disabled {
        return Err(Problem::OwnerDisabled.into());
    }
    Ok(user)
}

async fn still_needs_setup(draft: &Draft<'_>, shown: &SetupLink) -> Result<SetupLink, Error> {
    let link = draft.read().setup_links().current().await?;
    let link = link.ok_or(Error::SetupCodeInvalid)?;
    let link = draft.genuine(link).await?;
    let link = link.ok_or(Error::SetupCodeInvalid)?;
    if link != *shown || link.expires_at <= draft.now || has_administrator(draft.read()).await? {
        return Err(Error::SetupCodeInvalid);
    }
    Ok(link)
}

//! Disabling a user, and enabling one again.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisabledBy, DisabledMarks, User};

use super::find::{UserRef, find, find_even_planted, require_another, require_living};
use super::link::forget_sign_ins;
use crate::change::{Change, Draft, Judgement, Taken};
use crate::operator::Operator;
use crate::operator::operator_keys::revoke_keys_of;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::take_places_of;
use crate::view::UserView;

impl Operator<'_> {
    /// Keeps a user out: sessions end, tokens are refused with
    /// [`Problem::OwnerDisabled`](ats_pat_domain::Problem::OwnerDisabled). A disabled one stays as
    /// it was.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::OwnAccount`], [`Error::LastAdministrator`].
    pub async fn disable_user(&self, user: impl Into<UserRef>) -> Result<UserView, Error> {
        self.disable(user, Disabling::default()).await
    }

    /// As [`Operator::disable_user`], even if nobody can administer the service any more.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::OwnAccount`].
    pub async fn disable_even_the_last(&self, user: impl Into<UserRef>) -> Result<UserView, Error> {
        let how = Disabling {
            even_the_last: true,
            ..Disabling::default()
        };
        self.disable(user, how).await
    }

    /// As [`Operator::disable_user`], with exceptions.
    ///
    /// # Errors
    /// Those of [`Operator::disable_user`].
    pub async fn disable(
        &self,
        user: impl Into<UserRef>,
        how: Disabling,
    ) -> Result<UserView, Error> {
        let disable = SetDisabled {
            user: user.into(),
            disabled: true,
            how,
        };
        Ok(self.with_responsible(&self.change(disable).await?).await)
    }

    /// Takes the mark of administrators from a disabled user. The user is let in again unless the
    /// identity provider or the directory disabled it too. An enabled one stays as it was.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn enable_user(&self, user: impl Into<UserRef>) -> Result<UserView, Error> {
        let enable = SetDisabled {
            user: user.into(),
            disabled: false,
            how: Disabling::default(),
        };
        Ok(self.with_responsible(&self.change(enable).await?).await)
    }
}

struct SetDisabled {
    user: UserRef,
    disabled: bool,
    how: Disabling,
}

/// Exceptions when a user is disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disabling {
    /// The user is disabled even if nobody can administer the service any more.
    pub even_the_last: bool,
    /// The operator keys that the user made stay.
    pub keep_operator_keys: bool,
}

impl Change for SetDisabled {
    type Output = User;

    fn rank(&self) -> Rank {
        if self.disabled {
            Rank::First
        } else {
            Rank::Third
        }
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let taken = |changed| {
            if self.disabled {
                Taken::now_if(changed)
            } else {
                Taken::Nothing
            }
        };
        let (mut user, judgement) = if self.disabled {
            find_even_planted(draft, &self.user).await?
        } else {
            let user = find(draft, &self.user).await?;
            require_living(&user)?;
            (user, Judgement::Genuine)
        };
        draft.require_right_over(&user)?;
        // Whoever did would end the session that does it, and may be the last who can undo it.
        if self.disabled {
            require_another(draft.actor(), user.id)?;
        }
        strip(draft, &mut user, judgement).await?;
        if judgement == Judgement::Genuine
            && user.disabled.are_set_by(DisabledBy::Administrator) == self.disabled
        {
            return Ok((user, taken(false)));
        }
        if self.disabled && !self.how.even_the_last && is_last_administrator(draft, &user).await? {
            return Err(Error::LastAdministrator {
                name: user.name.as_str().to_owned(),
            });
        }
        // The marks of other parties stay: what the provider says, no administrator takes back.
        user.disabled = if self.disabled {
            user.disabled.with(DisabledBy::Administrator)
        } else {
            user.disabled.without(DisabledBy::Administrator)
        };
        draft.update_user(user.clone()).await?;
        let kind = if self.disabled {
            EventKind::UserDisabled
        } else {
            EventKind::UserEnabled
        };
        let mut entry = draft
            .entry(kind, &user.id)
            .owner(user.id)
            .personal("UserName", user.name.as_str());
        if self.disabled {
            take_places_of(draft, user.id).await?;
            entry = entry.detail("SessionsEnded", draft.delete_sessions_of(user.id).await?);
        }
        if !self.disabled && user.is_disabled() {
            entry = entry.detail("StillDisabledBy", names_of(user.disabled));
        }
        draft.record(entry);
        if self.disabled && !self.how.keep_operator_keys {
            revoke_keys_of(draft, user.id).await?;
        }
        Ok((user, taken(true)))
    }
}

/// Takes from a user's row what can't be told to be its own: whoever is enabled again gets another
/// password. A genuine row stays as it was.
pub(crate) async fn strip(
    draft: &Draft<'_>,
    user: &mut User,
    judgement: Judgement,
) -> Result<(), Error> {
    if judgement == Judgement::Genuine {
        return Ok(());
    }
    if judgement == Judgement::Planted {
        draft.quarantine(user);
        user.kind = UserKind::Quarantined;
        user.directory = None;
    }
    user.password_hash = None;
    user.is_administrator = false;
    user.responsible_id = None;
    user.groups = Groups::default();
    forget_sign_ins(draft, user).await
}

/// The names of the marks.
fn names_of(marks: DisabledMarks) -> Vec<&'static str> {
    marks.parties().map(DisabledBy::as_str).collect()
}

/// Whether nobody else could administer the service, were it not for `user`.
pub(super) async fn is_last_administrator(draft: &Draft<'_>, user: &User) -> Result<bool, Error> {
    if !user.is_administrator {
        return Ok(false);
    }
    let administrators = draft.read().users().administrators().await?;
    // A planted row is no administrator.
    for other in administrators {
        let (other, judgement) = draft.judge(other).await;
        if judgement != Judgement::Planted && other.id != user.id && !other.is_disabled() {
            return Ok(false);
        }
    }
    Ok(true)
}

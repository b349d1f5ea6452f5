//! Whose tokens a use case is about: the owner, who may be another than the actor.

use ats_pat_domain::user::UserKind;
use ats_pat_domain::{Problem, Rule, TokenId, User, UserId};

use crate::change::{Authority, Draft};
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::SignedIn;

/// Whose tokens a use case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user who is signed in.
    Own,
    /// A service account, for which the user must be responsible.
    ServiceAccount(UserId),
    /// Nobody: what was written is no user's id. It is refused as a service account that does not
    /// exist.
    Nobody,
}

impl Owner {
    /// The service account of this id, as written.
    pub fn service_account(id: &str) -> Self {
        id.parse().map_or(Self::Nobody, Self::ServiceAccount)
    }
}

/// A signed-in user who acts on the tokens of an owner: on their own, or on those of a service
/// account that they are responsible for.
#[derive(Clone, Copy)]
pub struct Acting<'a> {
    by: &'a SignedIn,
    owner: Owner,
}

impl<'a> Acting<'a> {
    /// `by` acts on the tokens of `owner`.
    pub fn on(by: &'a SignedIn, owner: Owner) -> Self {
        Self { by, owner }
    }

    pub(super) fn user(&self) -> &'a User {
        &self.by.user
    }

    /// The user, where the tokens are their own.
    pub(super) fn own(&self) -> Option<&'a User> {
        (self.owner == Owner::Own).then_some(&self.by.user)
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    pub(super) fn authority(&self) -> Authority {
        Authority::Session(self.by.clone())
    }
}

impl<'a> From<&'a SignedIn> for Acting<'a> {
    fn from(by: &'a SignedIn) -> Self {
        Self::on(by, Owner::Own)
    }
}

impl Service {
    /// The id of the owner, for use cases that read outside a change.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`] for a service account that the user is not responsible for,
    /// whether or not it exists.
    pub(super) async fn owner_id(&self, acting: Acting<'_>) -> Result<UserId, Error> {
        if acting.owner == Owner::Own {
            return Ok(acting.by.user_id());
        }
        Ok(self.service_account(acting.by, acting.owner).await?.id)
    }

    /// Reads a token's id.
    ///
    /// # Errors
    /// [`Problem::TokenNotFound`] for what is no id, but [`Problem::UserNotFound`] where the
    /// account is not the user's.
    pub(super) async fn token_id(&self, acting: Acting<'_>, id: &str) -> Result<TokenId, Error> {
        if let Ok(id) = id.parse() {
            return Ok(id);
        }
        self.owner_id(acting).await?;
        Err(Problem::TokenNotFound.into())
    }
}

/// The owner, as the transaction sees them.
///
/// # Errors
/// [`Problem::UserNotFound`] for what is no service account, and under a session also for one that
/// its user is not responsible for; [`Problem::SignInRequired`] under an authority that has no own
/// tokens.
pub(super) async fn owner_of(draft: &Draft<'_>, owner: Owner) -> Result<User, Error> {
    let id = match owner {
        Owner::Own => return Ok(draft.user()?.clone()),
        Owner::ServiceAccount(id) => id,
        Owner::Nobody => return Err(Problem::UserNotFound.into()),
    };
    let account = match draft.read().users().by_id(id).await? {
        Some(account) => draft.genuine(account).await?,
        None => None,
    };
    let account = account.filter(|account| account.kind == UserKind::Service);
    let account = account.ok_or(Problem::UserNotFound)?;
    if !draft.reaches_everybody() && !account.is_managed_by(draft.user()?.id) {
        return Err(Problem::UserNotFound.into());
    }
    Ok(account)
}

/// Refuses to give a secret to an owner who may get none.
///
/// # Errors
/// [`Problem::PolicyForbids`] for a service account that no enabled person is responsible for,
/// [`Problem::OwnerDisabled`] for one that is disabled.
pub(super) async fn require_receiver(draft: &Draft<'_>, owner: &User) -> Result<(), Error> {
    if owner.kind != UserKind::Service {
        return Ok(());
    }
    if !has_responsible(draft, owner).await? {
        let rule = Rule::Responsible;
        return Err(Problem::PolicyForbids { rule }.into());
    }
    if owner.is_disabled() {
        return Err(Problem::OwnerDisabled.into());
    }
    Ok(())
}

async fn has_responsible(draft: &Draft<'_>, account: &User) -> Result<bool, Error> {
    let Some(id) = account.responsible_id else {
        return Ok(false);
    };
    let Some(person) = draft.read().users().by_id(id).await? else {
        return Ok(false);
    };
    let person = draft.genuine(person).await?;
    Ok(person.is_some_and(|person| person.can_be_responsible()))
}

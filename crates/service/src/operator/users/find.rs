//! Finding the user that an operator names.

use ats_pat_domain::event::Actor;
use ats_pat_domain::list::UserQuery;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{Problem, User, UserId, UserName};

use crate::change::{Draft, Judgement};
use crate::ledger::rows::altered;
use crate::operator::Operator;
use crate::service::error::Error;

/// The user whom an operator means. A name can become another user's between two look-ups, so
/// whoever knows the id says the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The user of this id.
    Id(UserId),
    /// The user of this name.
    Called(String),
}

impl From<UserId> for UserRef {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for UserRef {
    fn from(name: &str) -> Self {
        Self::Called(name.to_owned())
    }
}

impl From<&String> for UserRef {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl Operator<'_> {
    /// Asks that some user is called so: that the folded user name or display name holds this
    /// folded text.
    pub(in crate::operator) async fn require_called(
        &self,
        text: Option<&str>,
    ) -> Result<(), Error> {
        let Some(text) = text else {
            return Ok(());
        };
        let one = UserQuery {
            page_size: 1,
            search: Some(text.to_owned()),
            ..UserQuery::default()
        };
        let found = self.service.store().users().page(&one).await?.total;
        if found == 0 {
            return Err(not_found(text));
        }
        Ok(())
    }

    /// Asks that there is a user of this id, whether or not the row is genuine: the tokens can be
    /// revoked all the same.
    pub(in crate::operator) async fn require_row(&self, id: UserId) -> Result<(), Error> {
        let users = self.service.store().users();
        match users.by_id(id).await {
            Ok(Some(_)) | Err(StoreError::Corrupt { .. }) => Ok(()),
            Ok(None) => Err(not_found(&id.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// The user of this name.
    pub(crate) async fn find_user(&self, name: &str) -> Result<User, Error> {
        let folded = folded_name(name)?;
        let read = || async {
            let users = self.service.store().users();
            Ok(users.by_folded_name(&folded).await?)
        };
        let currency = self.service.currency();
        let user = currency.judged(read, |user| currency.check(user)).await?;
        named(user.ok_or_else(|| not_found(name))??, &folded)
    }
}

fn not_found(name: &str) -> Error {
    Error::UserNotFound {
        name: name.to_owned(),
    }
}

fn folded_name(name: &str) -> Result<String, Error> {
    let name = UserName::new(name).map_err(|_| not_found(name))?;
    Ok(name.folded())
}

/// The user who is meant.
pub(super) async fn find(draft: &Draft<'_>, user: &UserRef) -> Result<User, Error> {
    match user {
        UserRef::Id(id) => find_user_by_id(draft, *id).await,
        UserRef::Called(name) => find_user(draft, name).await,
    }
}

pub(super) async fn find_user(draft: &Draft<'_>, name: &str) -> Result<User, Error> {
    let folded = folded_name(name)?;
    let user = draft.read().users().by_folded_name(&folded).await?;
    named(
        draft.check(user.ok_or_else(|| not_found(name))?).await?,
        &folded,
    )
}

/// The user of this id.
pub(super) async fn find_user_by_id(draft: &Draft<'_>, id: UserId) -> Result<User, Error> {
    let user = draft.read().users().by_id(id).await?;
    draft
        .check(user.ok_or_else(|| not_found(&id.to_string()))?)
        .await
}

/// The user of this id, whether or not the row is genuine.
pub(super) async fn find_even_planted_by_id(
    draft: &Draft<'_>,
    id: UserId,
) -> Result<(User, Judgement), Error> {
    let user = draft.read().users().by_id(id).await?;
    let user = user.ok_or_else(|| not_found(&id.to_string()))?;
    Ok(draft.judge(user).await)
}

/// The user who was looked up by a folded name: the column that was searched is derived, so it is
/// not the tag's to cover.
pub(crate) fn named(user: User, folded: &str) -> Result<User, Error> {
    if user.name.folded() == folded {
        Ok(user)
    } else {
        Err(altered(&user, "stands under another's name"))
    }
}

/// The user who is meant, to be kept out: a genuine one, else one that was planted or altered. The
/// column that names are looked up by is derived, so a row that was moved there does not hide the
/// genuine one.
pub(super) async fn find_even_planted(
    draft: &Draft<'_>,
    user: &UserRef,
) -> Result<(User, Judgement), Error> {
    let name = match user {
        UserRef::Id(id) => return find_even_planted_by_id(draft, *id).await,
        UserRef::Called(name) => name,
    };
    match find_user(draft, name).await {
        Ok(user) => return Ok((user, Judgement::Genuine)),
        Err(error @ Error::LogNotRead) if draft.may_wait() => return Err(error),
        Err(
            Error::UserNotFound { .. }
            | Error::Tampered { .. }
            | Error::LogNotRead
            | Error::Store(StoreError::Corrupt { .. }),
        ) => {}
        Err(error) => return Err(error),
    }
    let folded = folded_name(name)?;
    let mut planted = None;
    for user in draft.read().users().all().await? {
        match draft.judge(user).await {
            (user, _) if user.name.folded() != folded => {}
            (user, Judgement::Planted) => planted = Some(user),
            known => return Ok(known),
        }
    }
    let planted = planted.ok_or_else(|| not_found(name))?;
    Ok((planted, Judgement::Planted))
}

/// Refuses to give anything back to what is left of a row that was planted or altered, or of a user
/// who was erased.
pub(super) fn require_living(user: &User) -> Result<(), Error> {
    let name = || user.name.as_str().to_owned();
    match user.kind {
        UserKind::Quarantined => Err(Error::Quarantined { name: name() }),
        UserKind::Erased => Err(Error::Erased { name: name() }),
        UserKind::Person | UserKind::Service => Ok(()),
    }
}

/// The person of this name, who is to become responsible for a service account.
///
/// # Errors
/// [`Error::UserNotFound`]; [`Error::CannotBeResponsible`] for who is no enabled person.
pub(super) async fn responsible(draft: &Draft<'_>, name: &str) -> Result<User, Error> {
    let person = find_user(draft, name).await?;
    if person.can_be_responsible() {
        Ok(person)
    } else {
        let name = person.name.as_str().to_owned();
        Err(Error::CannotBeResponsible { name })
    }
}

/// Refuses to give a service account what only a person has.
pub(super) fn require_person(user: &User) -> Result<(), Error> {
    if user.kind == UserKind::Service {
        let name = user.name.as_str().to_owned();
        return Err(Error::NoPerson { name });
    }
    Ok(())
}

/// Refuses an administrator who would act on the own account; at the admin program nobody has one.
pub(super) fn require_another(actor: Actor, user: UserId) -> Result<(), Error> {
    if actor == Actor::User(user) {
        return Err(Error::OwnAccount);
    }
    Ok(())
}

/// Refuses a name that a user has.
pub(crate) async fn require_free_name(draft: &Draft<'_>, name: &UserName) -> Result<(), Error> {
    let users = draft.read().users();
    if users.by_folded_name(&name.folded()).await?.is_some() {
        return Err(Problem::UserNameInUse {
            name: name.as_str().to_owned(),
        }
        .into());
    }
    Ok(())
}

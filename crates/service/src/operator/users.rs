//! Users: adding, disabling, enabling, new passwords.

use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::list::UserQuery;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisplayName, Problem, User, UserId, UserName};
use secrecy::SecretString;

use super::Operator;
use crate::change::{Change, Draft, Judgement, Taken};
use crate::ledger::rows::altered;
use crate::service::error::Error;
use crate::service::turns::Claim;
use crate::status::places;
use crate::tokens::revoke_tokens_of;
use crate::view::{UserPageView, UserView};

/// A user to add.
#[derive(Clone)]
pub struct NewUser {
    /// What the user signs in with.
    pub name: String,
    /// The id that the user has elsewhere; absent, a new one.
    pub id: Option<UserId>,
    /// What the user is shown by; absent, the name.
    pub display_name: Option<String>,
    /// Whether the user administers the service.
    pub administrator: bool,
    /// The password; without one the user can't sign in until one is set.
    pub password: Option<SecretString>,
}

impl Operator<'_> {
    /// Adds a user.
    ///
    /// # Errors
    /// 1001 for names or a password against the rules, 1301 for a name in use, [`Error::UserIdInUse`].
    pub async fn add_user(&self, new: NewUser) -> Result<UserView, Error> {
        let mut failures = Vec::new();
        let name = UserName::new(&new.name).map_err(|reason| {
            failures.push(Failure {
                field: "UserName",
                reason,
            });
        });
        let display_name = match (&new.display_name, &name) {
            (Some(text), _) => DisplayName::new(text).map_err(|reason| {
                failures.push(Failure {
                    field: "DisplayName",
                    reason,
                });
            }),
            (None, Ok(name)) => Ok(DisplayName::from_stored(name.as_str().to_owned())),
            (None, Err(())) => Err(()),
        };
        let (Ok(name), Ok(display_name)) = (name, display_name) else {
            return Err(Problem::ValidationFailed(failures).into());
        };
        let password_hash = match &new.password {
            None => None,
            Some(password) => {
                let about = [name.as_str(), display_name.as_str()];
                let salt = self.service.inner.changes.random()?;
                Some(
                    self.service
                        .inner
                        .passwords
                        .hash_new("Password", password, &about, salt, Claim::OPERATOR)
                        .await?,
                )
            }
        };
        let add = Add {
            id: new.id,
            name,
            display_name,
            administrator: new.administrator,
            password_hash,
        };
        Ok(UserView::new(&self.change(add).await?))
    }

    /// Every user, by name; without those that were planted or altered, which are in the log and in `audit verify`.
    pub async fn users(&self) -> Result<Vec<UserView>, Error> {
        self.service.read_log_for_lists().await;
        let currency = self.service.currency();
        let users = self.service.store().users().all().await?;
        let shown = users.iter().filter(|user| currency.shows(user));
        Ok(shown.map(|user| UserView::new(&user.row)).collect())
    }

    /// A page of users, by name.
    pub async fn user_page(&self, query: UserQuery) -> Result<UserPageView, Error> {
        let page = self.service.store().users().page(&query).await?;
        // A planted user is not listed as if it were one; the total stays the database's.
        let genuine = page
            .items
            .iter()
            .filter(|user| self.service.currency().shows(user))
            .map(|user| UserView::new(&user.row));
        Ok(UserPageView {
            items: genuine.collect(),
            page: query.page,
            page_size: query.page_size,
            total: page.total,
        })
    }

    /// Keeps a user out: sessions end, tokens are refused with 1205. A disabled one stays as it was.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::OwnAccount`], [`Error::LastAdministrator`].
    pub async fn disable_user(&self, name: &str) -> Result<UserView, Error> {
        self.disable(name, false).await
    }

    /// As [`Operator::disable_user`], also where nobody could administer the service any more.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::OwnAccount`].
    pub async fn disable_even_the_last(&self, name: &str) -> Result<UserView, Error> {
        self.disable(name, true).await
    }

    async fn disable(&self, name: &str, even_the_last: bool) -> Result<UserView, Error> {
        let disable = SetDisabled {
            name: name.to_owned(),
            disabled: true,
            even_the_last,
        };
        Ok(UserView::new(&self.change(disable).await?))
    }

    /// Lets a disabled user in again. An enabled one stays as it was.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn enable_user(&self, name: &str) -> Result<UserView, Error> {
        let enable = SetDisabled {
            name: name.to_owned(),
            disabled: false,
            even_the_last: false,
        };
        Ok(UserView::new(&self.change(enable).await?))
    }

    /// Gives a user a new password; the user's sessions end, and where `revoke_tokens` says so the active
    /// tokens too: somebody else may have made or copied them.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::OwnAccount`], 1001 for a password against the rules.
    pub async fn set_password(
        &self,
        name: &str,
        password: &SecretString,
        revoke_tokens: bool,
    ) -> Result<UserView, Error> {
        let user = self.find_user(name).await?;
        // Before any password work; the transaction asks again.
        require_another(self.authority.actor(), user.id)?;
        let about = [user.name.as_str(), user.display_name.as_str()];
        let salt = self.service.inner.changes.random()?;
        let password_hash = self
            .service
            .inner
            .passwords
            .hash_new("Password", password, &about, salt, Claim::OPERATOR)
            .await?;
        let set = SetPassword {
            id: user.id,
            password_hash,
            revoke_tokens,
        };
        Ok(UserView::new(&self.change(set).await?))
    }

    /// Asks that some user is called so: that the folded user name or display name holds this folded text.
    pub(super) async fn require_called(&self, text: Option<&str>) -> Result<(), Error> {
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
            return Err(Error::UserNotFound {
                name: text.to_owned(),
            });
        }
        Ok(())
    }

    /// The user of this name.
    pub(crate) async fn find_user(&self, name: &str) -> Result<User, Error> {
        let not_found = || Error::UserNotFound {
            name: name.to_owned(),
        };
        let folded = UserName::new(name).map_err(|_| not_found())?.folded();
        let read = || async {
            let users = self.service.store().users();
            Ok(users.by_folded_name(&folded).await?)
        };
        let currency = self.service.currency();
        let user = currency.judged(read, |user| currency.check(user)).await?;
        named(user.ok_or_else(not_found)??, &folded)
    }
}

async fn find_user(draft: &Draft<'_>, name: &str) -> Result<User, Error> {
    let not_found = || Error::UserNotFound {
        name: name.to_owned(),
    };
    let folded = UserName::new(name).map_err(|_| not_found())?.folded();
    let user = draft.read().users().by_folded_name(&folded).await?;
    named(draft.check(user.ok_or_else(not_found)?).await?, &folded)
}

/// The user who was looked up by a folded name: the column that was searched is derived, so it is not the tag's to cover.
pub(crate) fn named(user: User, folded: &str) -> Result<User, Error> {
    if user.name.folded() == folded {
        Ok(user)
    } else {
        Err(altered(&user, "stands under another's name"))
    }
}

/// The user of this name, to be kept out: a genuine one, else one that was planted or altered. The column that names are
/// looked up by is derived, so a row that was moved there does not hide the genuine one.
async fn find_even_planted(draft: &Draft<'_>, name: &str) -> Result<(User, Judgement), Error> {
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
    let not_found = || Error::UserNotFound {
        name: name.to_owned(),
    };
    let folded = UserName::new(name).map_err(|_| not_found())?.folded();
    let mut planted = None;
    for user in draft.read().users().all().await? {
        match draft.judge(user).await {
            (user, _) if user.name.folded() != folded => {}
            (user, Judgement::Planted) => planted = Some(user),
            known => return Ok(known),
        }
    }
    let planted = planted.ok_or_else(not_found)?;
    Ok((planted, Judgement::Planted))
}

/// Refuses to give anything back to what is left of a row that was planted or altered.
fn require_living(user: &User) -> Result<(), Error> {
    if user.kind == UserKind::Quarantined {
        return Err(Error::Quarantined {
            name: user.name.as_str().to_owned(),
        });
    }
    Ok(())
}

/// Refuses an administrator who would act on the own account; at the admin program nobody has one.
fn require_another(actor: Actor, user: UserId) -> Result<(), Error> {
    if actor == Actor::User(user) {
        return Err(Error::OwnAccount);
    }
    Ok(())
}

/// Refuses a name that a user has.
pub(crate) async fn require_free_name(draft: &Draft<'_>, name: &UserName) -> Result<(), Error> {
    let users = draft.read().users();
    if users.by_folded_name(&name.folded()).await?.is_some() {
        return Err(Problem::NameInUse {
            name: name.as_str().to_owned(),
        }
        .into());
    }
    Ok(())
}

struct Add {
    id: Option<UserId>,
    name: UserName,
    display_name: DisplayName,
    administrator: bool,
    password_hash: Option<String>,
}

impl Change for Add {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        require_free_name(draft, &self.name).await?;
        let users = draft.read().users();
        let id = match self.id {
            Some(id) if users.by_id(id).await?.is_some() => {
                return Err(Error::UserIdInUse { id: id.to_string() });
            }
            Some(id) => id,
            None => UserId::new(draft.now, draft.random()?),
        };
        let user = User {
            id,
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            kind: UserKind::Person,
            password_hash: self.password_hash.clone(),
            is_administrator: self.administrator,
            disabled: false,
            created_at: draft.now,
        };
        draft.insert_user(user.clone()).await?;
        draft.record(
            draft
                .entry(EventKind::UserCreated, &id)
                .owner(id)
                .detail("IsAdmin", self.administrator)
                .personal("UserName", self.name.as_str())
                .personal("DisplayName", self.display_name.as_str()),
        );
        Ok((user, Taken::Nothing))
    }
}

struct SetDisabled {
    name: String,
    disabled: bool,
    even_the_last: bool,
}

impl Change for SetDisabled {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let taken = |changed| {
            if self.disabled {
                Taken::now_if(changed)
            } else {
                Taken::Nothing
            }
        };
        let (mut user, judgement) = if self.disabled {
            find_even_planted(draft, &self.name).await?
        } else {
            let user = find_user(draft, &self.name).await?;
            require_living(&user)?;
            (user, Judgement::Genuine)
        };
        // Whoever did would end the session that does it, and may be the last who can undo it.
        if self.disabled {
            require_another(draft.actor(), user.id)?;
        }
        if judgement == Judgement::Planted {
            draft.quarantine(&user);
            user.kind = UserKind::Quarantined;
        }
        if judgement != Judgement::Genuine {
            // What can't be told to be its own is taken: whoever is enabled again gets another password.
            user.password_hash = None;
            user.is_administrator = false;
        } else if user.disabled == self.disabled {
            return Ok((user, taken(false)));
        }
        if self.disabled && !self.even_the_last && is_last_administrator(draft, &user).await? {
            return Err(Error::LastAdministrator {
                name: user.name.as_str().to_owned(),
            });
        }
        user.disabled = self.disabled;
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
            places::take_from(draft, user.id).await?;
            entry = entry.detail("SessionsEnded", draft.delete_sessions_of(user.id).await?);
        }
        draft.record(entry);
        Ok((user, taken(true)))
    }
}

/// Whether nobody else could administer the service, were it not for `user`.
async fn is_last_administrator(draft: &Draft<'_>, user: &User) -> Result<bool, Error> {
    if !user.is_administrator {
        return Ok(false);
    }
    let administrators = draft.read().users().administrators().await?;
    // A planted row is no administrator.
    for other in administrators {
        let (other, judgement) = draft.judge(other).await;
        if judgement != Judgement::Planted && other.id != user.id && !other.disabled {
            return Ok(false);
        }
    }
    Ok(true)
}

struct SetPassword {
    id: UserId,
    password_hash: String,
    revoke_tokens: bool,
}

impl Change for SetPassword {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let user = draft.read().users().by_id(self.id).await?;
        let user = user.ok_or_else(|| Error::UserNotFound {
            name: self.id.to_string(),
        })?;
        let mut user = draft.check(user).await?;
        require_living(&user)?;
        // An open session shall not take over its account: the own password is changed by the current one.
        require_another(draft.actor(), user.id)?;
        user.password_hash = Some(self.password_hash.clone());
        draft.update_user(user.clone()).await?;
        let ended = draft.delete_sessions_of(user.id).await?;
        draft.record(
            draft
                .entry(EventKind::PasswordSet, &user.id)
                .owner(user.id)
                .detail("SessionsEnded", ended)
                .personal("UserName", user.name.as_str()),
        );
        if !self.revoke_tokens {
            return Ok((user, Taken::Sessions));
        }
        revoke_tokens_of(draft, user.id).await?;
        Ok((user, Taken::Now))
    }
}

//! Adding a user: a person, or a service account.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DisabledMarks, DisplayName, Email, Problem, SignedInElsewhere, User, UserId, UserName,
};
use secrecy::SecretString;

use super::find::{require_free_name, responsible};
use super::update::email_or_none;
use crate::change::{Change, Draft, Taken};
use crate::operator::Operator;
use crate::service::error::Error;
use crate::view::UserView;

/// A user to add.
#[derive(Clone)]
pub struct NewUser {
    /// What the user signs in with.
    pub name: String,
    /// The id that the user has elsewhere; absent, a new one.
    pub id: Option<UserId>,
    /// What the user is shown by; absent, the name.
    pub display_name: Option<String>,
    /// Where notices are sent.
    pub email: Option<String>,
    /// Whether the user administers the service.
    pub administrator: bool,
    /// The password; without one the user can't sign in until one is set.
    pub password: Option<SecretString>,
}

/// A service account to add.
#[derive(Clone, Debug)]
pub struct NewServiceAccount {
    /// What it is called; nobody signs in with it.
    pub name: String,
    /// The id that it has elsewhere; absent, a new one.
    pub id: Option<UserId>,
    /// What it is shown by; absent, the name.
    pub display_name: Option<String>,
    /// Where notices are sent.
    pub email: Option<String>,
    /// The name of the person who manages its tokens.
    pub responsible: String,
}

/// What a new user is called, and the address.
struct Details {
    name: UserName,
    display_name: DisplayName,
    email: Option<Email>,
}

/// The details of a new user: [`Problem::ValidationFailed`] names each that fails.
fn details(
    name: &str,
    display_name: Option<&str>,
    email: Option<&str>,
) -> Result<Details, Problem> {
    let mut failures = Vec::new();
    let mut failed = |field, reason| failures.push(Failure::new(field, reason));
    let name = UserName::new(name).map_err(|reason| failed("UserName", reason));
    let display_name = match (display_name, &name) {
        (Some(text), _) => DisplayName::new(text).map_err(|reason| failed("DisplayName", reason)),
        (None, Ok(name)) => Ok(DisplayName::from_stored(name.as_str().to_owned())),
        (None, Err(())) => Err(()),
    };
    let email = email_or_none(email.unwrap_or_default());
    let email = email.map_err(|reason| failed("Email", reason));
    match (name, display_name, email) {
        (Ok(name), Ok(display_name), Ok(email)) => Ok(Details {
            name,
            display_name,
            email,
        }),
        _ => Err(Problem::ValidationFailed(failures)),
    }
}

impl Operator<'_> {
    /// Adds a person.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`] for an administrator who signed in too long ago and gives
    /// a password or rights; [`Problem::ValidationFailed`] for names or a password against the
    /// rules, [`Problem::UserNameInUse`] for a name in use, [`Error::UserIdInUse`].
    pub async fn add_user(&self, new: NewUser) -> Result<UserView, Error> {
        if new.password.is_some() || new.administrator {
            self.require_recent_sign_in().await?;
        }
        if new.password.is_some() || new.administrator || new.id.is_some() {
            self.require(Right::Administrators)?;
        }
        let details = details(&new.name, new.display_name.as_deref(), new.email.as_deref())?;
        let password_hash = match &new.password {
            None => None,
            Some(password) => {
                let about = [details.name.as_str(), details.display_name.as_str()];
                Some(self.hash(password, &about).await?)
            }
        };
        let add = Add {
            id: new.id,
            details,
            kind: NewKind::Person {
                administrator: new.administrator,
                password_hash,
            },
        };
        Ok(UserView::new(&self.change(add).await?))
    }

    /// Adds a service account: an owner of tokens that is no person.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] for names against the rules, [`Problem::UserNameInUse`] for a
    /// name in use, [`Error::UserIdInUse`], [`Error::UserNotFound`] where there is nobody of the
    /// responsible person's name, [`Error::CannotBeResponsible`].
    pub async fn add_service_account(&self, new: NewServiceAccount) -> Result<UserView, Error> {
        if new.id.is_some() {
            self.require(Right::Administrators)?;
        }
        let add = Add {
            id: new.id,
            details: details(&new.name, new.display_name.as_deref(), new.email.as_deref())?,
            kind: NewKind::Service {
                responsible: new.responsible,
            },
        };
        Ok(self.with_responsible(&self.change(add).await?).await)
    }
}

struct Add {
    id: Option<UserId>,
    details: Details,
    kind: NewKind,
}

enum NewKind {
    Person {
        administrator: bool,
        password_hash: Option<String>,
    },
    Service {
        responsible: String,
    },
}

impl Change for Add {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        require_free_name(draft, &self.details.name).await?;
        let users = draft.read().users();
        let id = match self.id {
            Some(id) if users.by_id(id).await?.is_some() => {
                return Err(Error::UserIdInUse { id: id.to_string() });
            }
            Some(id) => id,
            None => UserId::new(draft.now, draft.random()?),
        };
        let mut user = User {
            id,
            name: self.details.name.clone(),
            display_name: self.details.display_name.clone(),
            email: self.details.email.clone(),
            kind: UserKind::Person,
            password_hash: None,
            is_administrator: false,
            disabled: DisabledMarks::NONE,
            responsible_id: None,
            groups: Groups::default(),
            provider_sign_in: None,
            signed_in_elsewhere: SignedInElsewhere::default(),
            directory: None,
            created_at: draft.now,
        };
        let mut entry = draft.entry(EventKind::UserCreated, &id).owner(id);
        match &self.kind {
            NewKind::Person {
                administrator,
                password_hash,
            } => {
                user.password_hash.clone_from(password_hash);
                user.is_administrator = *administrator;
            }
            NewKind::Service { responsible: name } => {
                let person = responsible(draft, name).await?;
                user.kind = UserKind::Service;
                user.responsible_id = Some(person.id);
                entry = entry
                    .detail("Kind", user.kind.as_str())
                    .detail("ResponsibleId", person.id.to_string());
            }
        }
        draft.insert_user(user.clone()).await?;
        let mut entry = entry
            .detail("IsAdmin", user.is_administrator)
            .personal("UserName", user.name.as_str())
            .personal("DisplayName", user.display_name.as_str());
        if let Some(email) = &user.email {
            entry = entry.personal("Email", email.as_str());
        }
        draft.record(entry);
        Ok((user, Taken::Nothing))
    }
}

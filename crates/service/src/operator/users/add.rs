//! Adding a user.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisplayName, Problem, User, UserId, UserName};
use secrecy::SecretString;

use super::find::require_free_name;
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
                Some(self.hash(password, &about).await?)
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

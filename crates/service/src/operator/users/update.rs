//! What changes of a user: names, address, rights, groups, responsible person, password.

use ats_pat_domain::group::Groups;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::problem::{Failure, Problem};
use ats_pat_domain::scope::INTROSPECT;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisplayName, Email, Reason, Status, User, UserId, UserName};
use secrecy::SecretString;

use super::disable::is_last_administrator;
use super::find::{
    find_user_by_id, require_another, require_free_name, require_living, require_person,
    responsible,
};
use super::link::require_no_identity;
use super::told::changed_user;
use crate::change::{Change, Draft, Taken};
use crate::operator::Operator;
use crate::operator::operator_keys::revoke_keys_of;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::{revoke_any, revoke_tokens_of};
use crate::view::UserView;

/// What changes of a user. What is absent stays as it is.
#[derive(Clone, Default)]
pub struct UserUpdate {
    /// What the user signs in with.
    pub user_name: Option<String>,
    /// What the user is shown by.
    pub display_name: Option<String>,
    /// Where notices are sent; an empty text removes it.
    pub email: Option<String>,
    /// Whether the user administers the service.
    pub administrator: Option<bool>,
    /// The name of the person who manages the tokens of the service account.
    pub responsible: Option<String>,
    /// The groups that the user is in, and no others.
    pub groups: Option<Vec<String>>,
    /// Another password. The user's sessions end.
    pub password: Option<SecretString>,
    /// Whether the active tokens are revoked with the password: somebody else may have made or
    /// copied them.
    pub revoke_tokens: bool,
    /// Whether the operator keys that a former administrator made stay.
    pub keep_operator_keys: bool,
}

impl UserUpdate {
    fn check(&self) -> Result<Checked, Error> {
        let mut failures = Vec::new();
        let mut failed = |field, reason| failures.push(Failure::new(field, reason));
        let user_name = self.user_name.as_deref().map(UserName::new).transpose();
        let user_name = user_name.map_err(|reason| failed("UserName", reason));
        let display_name = self.display_name.as_deref();
        let display_name = display_name.map(DisplayName::new).transpose();
        let display_name = display_name.map_err(|reason| failed("DisplayName", reason));
        let email = match self.email.as_deref().map(email_or_none) {
            None => Ok(NewEmail::AsBefore),
            Some(email) => email.map(NewEmail::Is),
        };
        let email = email.map_err(|reason| failed("Email", reason));
        let groups = self.groups.as_deref().map(Groups::new).transpose()?;
        match (user_name, display_name, email) {
            (Ok(user_name), Ok(display_name), Ok(email)) => Ok(Checked {
                user_name,
                display_name,
                email,
                administrator: self.administrator,
                responsible: self.responsible.clone(),
                groups,
                password_hash: None,
                revoke_tokens: self.revoke_tokens,
                keep_operator_keys: self.keep_operator_keys,
            }),
            _ => Err(Problem::ValidationFailed(failures).into()),
        }
    }
}

/// An address; none for an empty text.
pub(super) fn email_or_none(text: &str) -> Result<Option<Email>, Reason> {
    match Email::new(text) {
        Ok(email) => Ok(Some(email)),
        Err(Reason::Empty) => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// The address that a user is to have.
enum NewEmail {
    AsBefore,
    Is(Option<Email>),
}

struct Checked {
    user_name: Option<UserName>,
    display_name: Option<DisplayName>,
    email: NewEmail,
    administrator: Option<bool>,
    responsible: Option<String>,
    groups: Option<Groups>,
    password_hash: Option<String>,
    revoke_tokens: bool,
    keep_operator_keys: bool,
}

impl Checked {
    /// Whether it takes rights away.
    fn takes_away(&self) -> bool {
        self.administrator == Some(false)
            || self.groups.is_some()
            || self.password_hash.is_some()
            || self.revoke_tokens
    }
}

impl Operator<'_> {
    /// Changes a user, all that is named at once. Where everything is as it is to be, nothing
    /// changes.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for an operator key without the right over administrators, if the
    /// user is one, or if the right to administer, groups or a password are named;
    /// [`Problem::RecentSignInRequired`] for an administrator who signed in too long ago and names
    /// the right to administer or a password; [`Problem::ValidationFailed`],
    /// [`Error::InvalidGroup`], [`Error::UserNotFound`], [`Error::Quarantined`],
    /// [`Error::Erased`], [`Error::NoPerson`], [`Error::SignsInElsewhere`],
    /// [`Error::NoServiceAccount`], [`Error::CannotBeResponsible`], [`Error::OwnAccount`],
    /// [`Problem::UserNameInUse`], [`Error::LastAdministrator`].
    pub async fn update_user(&self, id: UserId, update: UserUpdate) -> Result<UserView, Error> {
        if update.administrator.is_some() || update.groups.is_some() || update.password.is_some() {
            self.require(Right::Administrators)?;
        }
        if update.administrator.is_some() || update.password.is_some() {
            self.require_recent_sign_in().await?;
        }
        let mut to = update.check()?;
        if let Some(password) = &update.password {
            // Before any password work; the transaction asks again.
            require_another(self.authority.actor(), id)?;
            let user = self.user_row(&id.to_string()).await?;
            require_person(&user)?;
            let name = to.user_name.as_ref().unwrap_or(&user.name);
            let display_name = to.display_name.as_ref().unwrap_or(&user.display_name);
            let about = [name.as_str(), display_name.as_str()];
            to.password_hash = Some(self.hash(password, &about).await?);
        }
        let user = self.change(UpdateUser { id, to }).await?;
        Ok(self.with_responsible(&user).await)
    }

    /// Gives a user a new password; the user's sessions end, and where `revoke_tokens` says so the
    /// active tokens too.
    ///
    /// # Errors
    /// Those of [`Operator::update_user`].
    pub async fn set_password(
        &self,
        name: &str,
        password: &SecretString,
        revoke_tokens: bool,
    ) -> Result<UserView, Error> {
        self.require(Right::Administrators)?;
        let update = UserUpdate {
            password: Some(password.clone()),
            revoke_tokens,
            ..UserUpdate::default()
        };
        self.update_user(self.find_user(name).await?.id, update)
            .await
    }

    /// Puts a user, or a service account, into these groups and no others. What the policy says of
    /// the user's tokens can be another from then on. The user's sessions end.
    ///
    /// # Errors
    /// Those of [`Operator::update_user`].
    pub async fn set_groups(&self, name: &str, groups: &[String]) -> Result<UserView, Error> {
        self.require(Right::Administrators)?;
        let update = UserUpdate {
            groups: Some(groups.to_vec()),
            ..UserUpdate::default()
        };
        self.update_user(self.find_user(name).await?.id, update)
            .await
    }

    /// Makes another person responsible for a service account. The one before can no longer manage
    /// its tokens, and the tokens live on.
    ///
    /// # Errors
    /// Those of [`Operator::update_user`].
    pub async fn set_responsible(&self, account: &str, person: &str) -> Result<UserView, Error> {
        let update = UserUpdate {
            responsible: Some(person.to_owned()),
            ..UserUpdate::default()
        };
        self.update_user(self.find_user(account).await?.id, update)
            .await
    }
}

struct UpdateUser {
    id: UserId,
    to: Checked,
}

impl UpdateUser {
    /// The user as it is to be.
    async fn updated(&self, draft: &Draft<'_>, before: &User) -> Result<User, Error> {
        let to = &self.to;
        let mut user = before.clone();
        if let Some(name) = &to.user_name {
            user.name.clone_from(name);
        }
        if let Some(display_name) = &to.display_name {
            user.display_name.clone_from(display_name);
        }
        if let NewEmail::Is(email) = &to.email {
            user.email.clone_from(email);
        }
        if let Some(administrator) = to.administrator {
            if administrator && user.kind != UserKind::Person {
                return Err(Problem::validation("IsAdmin", Reason::UnknownValue).into());
            }
            if !administrator && before.is_administrator {
                // Whoever did could not undo it.
                require_another(draft.actor(), user.id)?;
            }
            user.is_administrator = administrator;
        }
        if let Some(person) = &to.responsible {
            if user.kind != UserKind::Service {
                let name = user.name.as_str().to_owned();
                return Err(Error::NoServiceAccount { name });
            }
            user.responsible_id = Some(responsible(draft, person).await?.id);
        }
        if let Some(groups) = &to.groups {
            user.groups.clone_from(groups);
        }
        if let Some(hash) = &to.password_hash {
            require_person(&user)?;
            // A stolen session must not take over its account: changing one's own password needs
            // the current one.
            require_another(draft.actor(), user.id)?;
            require_no_identity(draft, &user).await?;
            user.password_hash = Some(hash.clone());
        }
        if is_renamed(before, &user) {
            require_free_name(draft, &user.name).await?;
        }
        if before.is_administrator
            && !user.is_administrator
            && is_last_administrator(draft, before).await?
        {
            return Err(Error::LastAdministrator {
                name: before.name.as_str().to_owned(),
            });
        }
        Ok(user)
    }
}

/// Whether the user signs in with another name.
fn is_renamed(before: &User, after: &User) -> bool {
    before.name.folded() != after.name.folded()
}

impl Change for UpdateUser {
    type Output = User;

    fn rank(&self) -> Rank {
        if self.to.takes_away() {
            Rank::First
        } else {
            Rank::Third
        }
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let before = find_user_by_id(draft, self.id).await?;
        require_living(&before)?;
        draft.require_right_over(&before)?;
        let user = self.updated(draft, &before).await?;
        let has_other_rights =
            user.is_administrator != before.is_administrator || user.groups != before.groups;
        let has_other_password = user.password_hash != before.password_hash;
        if user == before {
            return Ok((user, Taken::now_if(false)));
        }
        // A session began by the rights that the user had then.
        let ends_sessions = has_other_rights || has_other_password;
        let ended = if ends_sessions {
            Some(draft.delete_sessions_of(user.id).await?)
        } else {
            None
        };
        if is_renamed(&before, &user) {
            draft.rename_user(user.clone()).await?;
        } else {
            draft.update_user(user.clone()).await?;
        }
        if !ends_sessions {
            for session in draft.read().sessions().of_user(user.id).await? {
                draft.keep_session(session).await?;
            }
        }
        for entry in changed_user(draft, &before, &user, ended) {
            draft.record(entry);
        }
        if before.is_administrator && !user.is_administrator {
            if !self.to.keep_operator_keys {
                revoke_keys_of(draft, user.id).await?;
            }
            revoke_introspectors_of(draft, user.id).await?;
        }
        if has_other_password && self.to.revoke_tokens {
            revoke_tokens_of(draft, user.id).await?;
        }
        // To leave a group can take something away, and so can to join one. Which, the policies of
        // the servers say. After a rename the name can be another's: no server answers by it.
        let taken = if has_other_rights || user.name != before.name || self.to.revoke_tokens {
            Taken::Now
        } else if has_other_password {
            Taken::Sessions
        } else {
            Taken::Nothing
        };
        Ok((user, taken))
    }
}

/// Revokes the user's tokens that may introspect: only administrators have such.
async fn revoke_introspectors_of(draft: &Draft<'_>, owner: UserId) -> Result<(), Error> {
    let mut after = None;
    loop {
        let batch = draft.read().tokens().of_owner(owner, after, 500).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = Some(last.row.id);
        for token in batch {
            let may_introspect = token.row.scopes.contains(INTROSPECT);
            if may_introspect && token.row.status(draft.now) == Status::Active {
                revoke_any(draft, token).await?;
            }
        }
    }
}

//! Users and service accounts.

use std::collections::HashMap;

use ats_pat_domain::{UserId, UserName};
use ats_pat_service::view::{Responsible, UserView};
use ats_pat_service::{Disabling, Error, NewServiceAccount, NewUser, UserUpdate};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::answers::{Page, Revoked, User, UserKind};
use super::{Api, Deployment, operator};
use crate::failure::Failure;

/// The largest page of a list.
const PAGE_SIZE: u32 = 100;

/// Why the interface does not offer it.
pub const EVEN_THE_LAST: &str = "no interface can disable the last administrator";

const USER_NOT_FOUND: u32 = 1310;
const LAST_ADMINISTRATOR: u32 = 1312;

impl Deployment {
    /// Every user, by name.
    pub async fn users(&self) -> Result<Vec<UserView>, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).users().await?),
            Self::Api(api) => {
                let users = api.users("").await?;
                let persons = users.iter().map(|user| (user.id, user.responsible()));
                let persons: HashMap<_, _> = persons.collect();
                Ok(users.into_iter().map(|user| user.view(&persons)).collect())
            }
        }
    }

    pub async fn add_user(&self, new: NewUser) -> Result<UserView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).add_user(new).await?),
            Self::Api(api) => {
                let mut body = json!({"UserName": new.name, "Kind": "Person"});
                if let Some(email) = new.email {
                    body["Email"] = json!(email);
                }
                if new.administrator {
                    body["IsAdmin"] = json!(true);
                }
                if let Some(password) = &new.password {
                    body["Password"] = json!(password.expose_secret());
                }
                api.create_user(body, new.display_name, new.id).await
            }
        }
    }

    pub async fn add_service_account(&self, new: NewServiceAccount) -> Result<UserView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).add_service_account(new).await?),
            Self::Api(api) => {
                let person = api.find_user(&new.responsible).await?;
                let mut body = json!({
                    "UserName": new.name, "Kind": "Service", "ResponsibleId": person.id,
                });
                if let Some(email) = new.email {
                    body["Email"] = json!(email);
                }
                let added = api.create_user(body, new.display_name, new.id).await;
                added.map_err(|failure| {
                    let name = person.user_name;
                    failure.of_field("ResponsibleId", || Error::CannotBeResponsible { name })
                })
            }
        }
    }

    /// Keeps the user of this name out.
    pub async fn disable_user(&self, name: &str, how: Disabling) -> Result<UserView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).disable(name, how).await?),
            Self::Api(_) if how.even_the_last => {
                Err(Failure::OnlyAtTheDatabase { why: EVEN_THE_LAST })
            }
            Self::Api(api) => {
                let body = how
                    .keep_operator_keys
                    .then(|| json!({"KeepOperatorKeys": true}));
                api.change_user(name, "disable", body.as_ref()).await
            }
        }
    }

    pub async fn enable_user(&self, name: &str) -> Result<UserView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).enable_user(name).await?),
            Self::Api(api) => api.change_user(name, "enable", None).await,
        }
    }

    /// Changes the user of this name.
    pub async fn update_user(&self, name: &str, update: UserUpdate) -> Result<UserView, Failure> {
        let api = match self {
            Self::Database(opened) => {
                let operator = operator(opened);
                let user = operator.user_called(name).await?;
                return Ok(operator.update_user(user.id, update).await?);
            }
            Self::Api(api) => api,
        };
        let user = api.find_user(name).await?;
        let is_person = user.kind == UserKind::Person;
        if update.password.is_some() && !is_person {
            let name = user.user_name;
            return Err(Error::NoPerson { name }.into());
        }
        if update.responsible.is_some() && is_person {
            let name = user.user_name;
            return Err(Error::NoServiceAccount { name }.into());
        }
        let responsible = match &update.responsible {
            Some(person) => Some(api.find_user(person).await?),
            None => None,
        };
        let body = json!({
            "UserName": update.user_name,
            "DisplayName": update.display_name,
            "Email": update.email,
            "IsAdmin": update.administrator,
            "ResponsibleId": responsible.as_ref().map(|person| person.id),
            "Groups": update.groups,
            "Password": update.password.as_ref().map(ExposeSecret::expose_secret),
            "RevokeTokens": update.revoke_tokens,
            "KeepOperatorKeys": update.keep_operator_keys,
        });
        let changed: Result<User, _> = api.patch(&format!("users/{}", user.id), &body).await;
        let changed = changed.map_err(|failure| {
            let failure = said_of(failure, user.user_name);
            match responsible {
                Some(person) => {
                    let name = person.user_name;
                    failure.of_field("ResponsibleId", || Error::CannotBeResponsible { name })
                }
                None => failure,
            }
        });
        api.view(changed?).await
    }

    /// Erases the personal details of the user of this name.
    pub async fn erase_user(&self, name: &str) -> Result<UserView, Failure> {
        match self {
            Self::Database(opened) => {
                let operator = operator(opened);
                let user = operator.user_called(name).await?;
                Ok(operator.erase_user(user.id).await?)
            }
            Self::Api(api) => api.change_user(name, "erase", None).await,
        }
    }

    /// Revokes every token of the user of this name; gives how many were active.
    pub async fn revoke_tokens_of(&self, name: &str) -> Result<u64, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).revoke_tokens_of(name).await?),
            Self::Api(api) => {
                let user = api.find_user(name).await?;
                let path = format!("users/{}/revokeTokens", user.id);
                let revoked: Revoked = api.post(&path, None).await?;
                Ok(revoked.revoked)
            }
        }
    }

    /// The service accounts that the person of this id is responsible for, by name.
    pub async fn managed_by(&self, person: UserId) -> Result<Vec<UserView>, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).managed_by(person).await?),
            Self::Api(_) => {
                let mut users = self.users().await?;
                users.retain(|user| user.responsible_id == Some(person));
                Ok(users)
            }
        }
    }
}

impl Api {
    /// Everybody who is called so, by name: every user for an empty text.
    async fn users(&self, called: &str) -> Result<Vec<User>, Failure> {
        let mut users: Vec<User> = Vec::new();
        for page in 1_u32.. {
            let mut query = vec![
                ("Page", page.to_string()),
                ("PageSize", PAGE_SIZE.to_string()),
            ];
            if !called.is_empty() {
                query.push(("Search", called.to_owned()));
            }
            let found: Page<User> = self.get("users", &query).await?;
            let so_far = u64::from(found.page) * u64::from(found.page_size);
            let is_last = so_far >= found.total;
            // Whoever is added meanwhile moves others to the next page.
            let last = users.last().map(|user| user.id);
            let items = found.items.into_iter();
            users.extend(items.filter(|user| Some(user.id) != last));
            if is_last {
                break;
            }
        }
        Ok(users)
    }

    /// The user of this name, whatever its case.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn find_user(&self, name: &str) -> Result<User, Failure> {
        let not_found = || Error::UserNotFound {
            name: name.to_owned(),
        };
        let folded = UserName::new(name).map_err(|_| not_found())?.folded();
        let users = self.users(name).await?;
        let is_it =
            |user: &User| UserName::new(&user.user_name).is_ok_and(|name| name.folded() == folded);
        Ok(users.into_iter().find(is_it).ok_or_else(not_found)?)
    }

    async fn create_user(
        &self,
        mut body: Value,
        display_name: Option<String>,
        id: Option<UserId>,
    ) -> Result<UserView, Failure> {
        if let Some(display_name) = display_name {
            body["DisplayName"] = json!(display_name);
        }
        if let Some(id) = id {
            body["Id"] = json!(id);
        }
        let added: Result<User, _> = self.post("users", Some(&body)).await;
        let added = added.map_err(|failure| match id {
            Some(id) => failure.of_field("Id", || Error::UserIdInUse { id: id.to_string() }),
            None => failure,
        });
        self.view(added?).await
    }

    async fn change_user(
        &self,
        name: &str,
        change: &str,
        body: Option<&Value>,
    ) -> Result<UserView, Failure> {
        let user = self.find_user(name).await?;
        let path = format!("users/{}/{change}", user.id);
        let changed: Result<User, _> = self.post(&path, body).await;
        let changed = changed.map_err(|failure| said_of(failure, user.user_name));
        self.view(changed?).await
    }

    /// The user as it is shown, with the responsible person.
    async fn view(&self, user: User) -> Result<UserView, Failure> {
        let mut persons: HashMap<UserId, Responsible> = HashMap::new();
        if let Some(id) = user.responsible_id {
            // What was done is shown, also where that person can't be looked up now.
            if let Ok(person) = self.get::<User>(&format!("users/{id}"), &[]).await {
                persons.insert(id, person.responsible());
            }
        }
        Ok(user.view(&persons))
    }
}

/// What the use case says of the user of this name, where the interface names nobody.
fn said_of(failure: Failure, name: String) -> Failure {
    match failure.code() {
        Some(USER_NOT_FOUND) => Error::UserNotFound { name }.into(),
        Some(LAST_ADMINISTRATOR) => Error::LastAdministrator { name }.into(),
        _ => failure,
    }
}

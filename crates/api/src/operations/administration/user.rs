//! Users as administrators see them.

use ats_pat_domain::{Problem, Reason, UserId};
use ats_pat_service::view::{UserPageView, UserView};
use ats_pat_service::{Error, Operator};
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::example;
use crate::operation::Data;
use crate::refused::Refused;
use crate::request::TokenId;
use crate::schema::Time;

/// What a user is.
#[derive(Clone, Copy, Deserialize, Serialize, Enum)]
pub enum UserKind {
    /// Somebody who signs in.
    Person,
    /// An owner of tokens that is no person.
    Service,
    /// What is left of a row that was planted or altered.
    Quarantined,
    /// What is left of a user whose personal details were erased.
    Erased,
}

/// Who disabled a user.
#[derive(Clone, Copy, Serialize, Enum)]
pub enum DisabledBy {
    /// An administrator, an operator, or a program with an operator key.
    Administrator,
    /// The company's directory, over SCIM.
    Scim,
    /// The identity provider: at the last sign-in, no group of the user was allowed.
    Provider,
}

impl From<ats_pat_domain::DisabledBy> for DisabledBy {
    fn from(party: ats_pat_domain::DisabledBy) -> Self {
        match party {
            ats_pat_domain::DisabledBy::Administrator => Self::Administrator,
            ats_pat_domain::DisabledBy::Scim => Self::Scim,
            ats_pat_domain::DisabledBy::Provider => Self::Provider,
        }
    }
}

/// A user or a service account.
#[expect(clippy::struct_field_names, reason = "the contract has the name")]
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct User {
    /// Never changed or reused; the `sub` of authentication tokens.
    id: Uuid,
    /// What a person signs in with.
    user_name: String,
    /// What the user is shown by.
    display_name: String,
    /// Where notices are sent.
    email: Option<String>,
    /// What the user is.
    kind: UserKind,
    /// Whether the user administers the service.
    is_admin: bool,
    /// Whether the user is kept out.
    disabled: bool,
    /// Who keeps the user out. Each takes back only what it said itself.
    disabled_by: Vec<DisabledBy>,
    /// Who manages the tokens of a service account; `null` for a person.
    responsible_id: Option<Uuid>,
    /// The groups that the policy can differ by.
    groups: Vec<String>,
    /// When the user was added.
    created_at: Time,
}

impl From<UserView> for User {
    fn from(user: UserView) -> Self {
        Self {
            id: user.id.as_uuid(),
            user_name: user.user_name,
            display_name: user.display_name,
            email: user.email,
            kind: match user.kind {
                "Person" => UserKind::Person,
                "Service" => UserKind::Service,
                "Erased" => UserKind::Erased,
                _ => UserKind::Quarantined,
            },
            is_admin: user.is_admin,
            disabled: user.disabled,
            disabled_by: user.disabled_by.parties().map(Into::into).collect(),
            responsible_id: user.responsible_id.map(UserId::as_uuid),
            groups: user.groups.names(),
            created_at: Time(user.created_at),
        }
    }
}

impl Data for User {
    const DESCRIPTION: &'static str = "The answer with a user.";
}

/// A part of the users.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct UserPage {
    /// The users of this page, by user name.
    items: Vec<User>,
    /// The number of the page, from 1.
    page: u32,
    /// How many users a page has.
    page_size: u32,
    /// How many users there are on all pages.
    total: u64,
}

impl From<UserPageView> for UserPage {
    fn from(page: UserPageView) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            page: page.page,
            page_size: page.page_size,
            total: page.total,
        }
    }
}

impl Data for UserPage {
    const DESCRIPTION: &'static str = "The answer with a page of users.";
}

/// The id of a user that a path names.
///
/// # Errors
/// [`Problem::UserNotFound`] if it is not a UUID.
pub fn user_id(id: &TokenId) -> Result<UserId, Problem> {
    id.0.parse().map_err(|_| Problem::UserNotFound)
}

/// The name of the person with this id, who becomes responsible for a service account.
///
/// # Errors
/// [`Problem::ValidationFailed`] if nobody has the id.
pub async fn responsible(operator: &Operator<'_>, id: &str) -> Result<String, Refused> {
    match operator.user(id).await {
        Ok(person) => Ok(person.user_name),
        Err(Error::UserNotFound { .. }) => {
            Err(Problem::validation("ResponsibleId", Reason::UnknownValue).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// An example of a user.
pub fn example() -> Value {
    json!({
        "Id": example::USER_ID,
        "UserName": "ada",
        "DisplayName": "Ada Lovelace",
        "Email": "ada@example.com",
        "Kind": "Person",
        "IsAdmin": false,
        "Disabled": false,
        "DisabledBy": [],
        "ResponsibleId": null,
        "Groups": ["corp/builders"],
        "CreatedAt": example::CREATED_AT,
    })
}

/// The same, with the fields in `other` replaced.
pub fn example_with(other: &Value) -> Value {
    let mut user = example();
    for (name, value) in other.as_object().into_iter().flatten() {
        user[name] = value.clone();
    }
    user
}

//! `POST /api/administration/users`: adds a user.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Reason;
use ats_pat_service::{NewServiceAccount, NewUser};
use poem::Request;
use poem::http::{StatusCode, header};
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::user::{User, UserKind, example_with, responsible};
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUserChanges, JsonBody};

/// Adds a person or a service account.
#[derive(Default)]
pub struct CreateUser;

/// A user to add.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct CreateUserRequest {
    /// 1 to 100 characters; no other user's.
    pub user_name: Option<String>,
    /// What the user is shown by; by default the user name.
    pub display_name: Option<String>,
    /// Where notices are sent.
    pub email: Option<String>,
    /// Whether it is a person or a service account; by default `Person`.
    pub kind: Option<UserKind>,
    /// The id of the person who manages the tokens of a service account; must be there for one.
    pub responsible_id: Option<String>,
    /// The id that the user has elsewhere, a UUID; by default a new one. Needs the right
    /// `administrators`.
    pub id: Option<String>,
    /// Whether the user administers the service. Needs the right `administrators`.
    pub is_admin: Option<bool>,
    /// A person's password. Needs the right `administrators`.
    pub password: Option<String>,
}

#[OpenApi(tag = "Tag::Administration")]
impl CreateUser {
    /// Add a user
    ///
    /// A person, or a service account with a responsible person. A person without a password can't
    /// sign in until one is set. Needs the right `users`, and `administrators` for an id, a
    /// password or an administrator.
    #[oai(
        path = "/api/administration/users",
        method = "post",
        operation_id = "createUser"
    )]
    async fn create(
        &self,
        request: &Request,
        by: By<ForUserChanges>,
        body: JsonBody<CreateUserRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let body = body.0;
        let required = |field| Problem::validation(field, Reason::Required);
        let name = body.user_name.ok_or_else(|| required("UserName"))?;
        let id = body.id.as_deref().map(str::parse).transpose();
        let id = id.map_err(|_| Problem::validation("Id", Reason::BadCharacter))?;
        let of_persons = |field| Problem::validation(field, Reason::UnknownValue);
        let added = match body.kind.unwrap_or(UserKind::Person) {
            UserKind::Quarantined | UserKind::Erased => return Err(of_persons("Kind").into()),
            UserKind::Person if body.responsible_id.is_some() => {
                return Err(of_persons("ResponsibleId").into());
            }
            UserKind::Person => {
                let new = NewUser {
                    name,
                    id,
                    display_name: body.display_name,
                    email: body.email,
                    administrator: body.is_admin.unwrap_or_default(),
                    password: body.password.map(SecretString::from),
                };
                operator.add_user(new).await?
            }
            UserKind::Service if body.password.is_some() => {
                return Err(of_persons("Password").into());
            }
            UserKind::Service if body.is_admin == Some(true) => {
                return Err(of_persons("IsAdmin").into());
            }
            UserKind::Service => {
                let person = body.responsible_id;
                let person = person.ok_or_else(|| required("ResponsibleId"))?;
                let new = NewServiceAccount {
                    name,
                    id,
                    display_name: body.display_name,
                    email: body.email,
                    responsible: responsible(&operator, &person).await?,
                };
                operator.add_service_account(new).await?
            }
        };
        let location = format!("/api/administration/users/{}", added.id);
        Ok(Answer::of(added).with_header(header::LOCATION, location))
    }
}

impl Operation for CreateUser {
    type Data = User;

    const SUCCESS: &'static str = "The user";
    const STATUS: StatusCode = StatusCode::CREATED;
    const HEADERS: &'static [Header] = &[Header {
        name: "Location",
        description: "The path of the user.",
        example: "/api/administration/users/019a6e3e-4c5d-7e6f-8a7b-89abcdef0123",
        always: true,
    }];

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("UserName", Reason::Empty),
            Problem::UserNameInUse {
                name: "nightly-build".to_owned(),
            },
        ]
    }

    fn example() -> Value {
        example_with(&json!({
            "UserName": "nightly-build",
            "DisplayName": "Nightly build",
            "Email": null,
            "Kind": "Service",
            "ResponsibleId": example::USER_ID,
        }))
    }

    fn body() -> Option<Body> {
        let example = json!({
            "UserName": "nightly-build",
            "DisplayName": "Nightly build",
            "Kind": "Service",
            "ResponsibleId": example::USER_ID,
        });
        Some(Body::of::<CreateUserRequest>(&["UserName"], example))
    }
}

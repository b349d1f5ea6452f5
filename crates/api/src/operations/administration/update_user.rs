//! `PATCH /api/administration/users/:Id`: changes a user.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Reason;
use ats_pat_service::UserUpdate;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::user::{User, example_with, responsible, user_id};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Body, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUserChanges, OptionalJsonBody, TokenId};

/// Changes a user: names, address, groups, password, right to administer, or responsible person.
#[derive(Default)]
pub struct UpdateUser;

/// What changes of a user. What is absent stays as it is.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct UpdateUserRequest {
    /// What the user signs in with: 1 to 100 characters; no other user's.
    pub user_name: Option<String>,
    /// What the user is shown by.
    pub display_name: Option<String>,
    /// Where notices are sent. An empty text removes it.
    pub email: Option<String>,
    /// The id of the person who manages the tokens of a service account.
    pub responsible_id: Option<String>,
    /// The groups that the policy can differ by, all of them. Needs the right `administrators`.
    pub groups: Option<Vec<String>>,
    /// Whether the user administers the service. Needs the right `administrators`.
    pub is_admin: Option<bool>,
    /// Another password. Needs the right `administrators`.
    pub password: Option<String>,
    /// Whether the active tokens are revoked with the password.
    pub revoke_tokens: Option<bool>,
    /// Whether the operator keys that a former administrator made stay.
    pub keep_operator_keys: Option<bool>,
}

#[OpenApi(tag = "Tag::Administration")]
impl UpdateUser {
    /// Change a user
    ///
    /// All that is named changes at once. With another right, other groups or another password the
    /// user's sessions end. A former administrator loses tokens with the scope `introspect`, and
    /// the operator keys that they made. Nobody takes the right from themselves. Needs the right
    /// `users`, and `administrators` for an administrator, groups, a password, or the right to
    /// administer.
    #[oai(
        path = "/api/administration/users/:Id",
        method = "patch",
        operation_id = "updateUser"
    )]
    async fn update(
        &self,
        request: &Request,
        by: By<ForUserChanges>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
        body: OptionalJsonBody<UpdateUserRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let body = body.0;
        let id = user_id(&id)?;
        let responsible = match &body.responsible_id {
            Some(person) => Some(responsible(&operator, person).await?),
            None => None,
        };
        let update = UserUpdate {
            user_name: body.user_name,
            display_name: body.display_name,
            email: body.email,
            administrator: body.is_admin,
            responsible,
            groups: body.groups,
            password: body.password.map(SecretString::from),
            revoke_tokens: body.revoke_tokens.unwrap_or_default(),
            keep_operator_keys: body.keep_operator_keys.unwrap_or_default(),
        };
        Ok(Answer::of(operator.update_user(id, update).await?))
    }
}

impl Operation for UpdateUser {
    type Data = User;

    const SUCCESS: &'static str = "The user as it is now";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("UserName", Reason::Empty),
            Problem::UserNotFound,
            Problem::UserNameInUse {
                name: "ada".to_owned(),
            },
            Problem::LastAdministrator,
        ]
    }

    fn example() -> Value {
        example_with(&json!({"IsAdmin": true}))
    }

    fn body() -> Option<Body> {
        Some(Body::of::<UpdateUserRequest>(&[], json!({"IsAdmin": true})))
    }
}

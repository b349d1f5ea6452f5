//! `POST /api/administration/users/:Id/disable`: keeps a user out.

use ats_pat_domain::Problem;
use ats_pat_service::Disabling;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::user::{User, example_with, user_id};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Body, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, OptionalJsonBody, TokenId};

/// Keeps a user out until somebody enables the user again.
#[derive(Default)]
pub struct DisableUser;

/// What a disabled user keeps.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct DisableUserRequest {
    /// Whether the operator keys that the user made stay.
    pub keep_operator_keys: Option<bool>,
}

#[OpenApi(tag = "Tag::Administration")]
impl DisableUser {
    /// Keep a user out
    ///
    /// Sessions end, tokens are refused with 1205, and operator keys that the user made are revoked
    /// unless `KeepOperatorKeys`. One that is disabled already stays as it is. Needs the right
    /// `users`, and `administrators` for an administrator.
    #[oai(
        path = "/api/administration/users/:Id/disable",
        method = "post",
        operation_id = "disableUser"
    )]
    async fn disable(
        &self,
        request: &Request,
        by: By<ForUsers>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
        body: OptionalJsonBody<DisableUserRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let user = user_id(&id)?;
        let how = Disabling {
            keep_operator_keys: body.0.keep_operator_keys.unwrap_or_default(),
            ..Disabling::default()
        };
        Ok(Answer::of(operator.disable(user, how).await?))
    }
}

impl Operation for DisableUser {
    type Data = User;

    const SUCCESS: &'static str = "The user";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::UnsupportedMediaType,
            Problem::UserNotFound,
            Problem::LastAdministrator,
        ]
    }

    fn example() -> Value {
        example_with(&json!({"Disabled": true, "DisabledBy": ["Administrator"]}))
    }

    fn body() -> Option<Body> {
        let example = json!({"KeepOperatorKeys": true});
        Some(Body::of::<DisableUserRequest>(&[], example))
    }
}

//! Disabling a user.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::user::{User, example_with};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, TokenId};

/// Keep a user out.
#[derive(Default)]
pub struct DisableUser;

#[OpenApi(tag = "Tag::Administration")]
impl DisableUser {
    /// Keep a user out
    ///
    /// Sessions end, tokens are refused with 1205, and operator keys that the user made are revoked. One that is disabled already stays as it is. Needs the right
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
        /// The user's id.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let user = operator.user(&id.0).await?;
        Ok(Answer::of(operator.disable_user(&user.user_name).await?))
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
            Problem::UserNotFound,
            Problem::LastAdministrator,
        ]
    }

    fn example() -> Value {
        example_with(&json!({"Disabled": true}))
    }
}

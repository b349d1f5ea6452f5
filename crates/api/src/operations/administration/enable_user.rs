//! `POST /api/administration/users/:Id/enable`: lets a user in again.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::user::{User, example_with, user_id};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, TokenId};

/// Lets a disabled user in again.
#[derive(Default)]
pub struct EnableUser;

#[OpenApi(tag = "Tag::Administration")]
impl EnableUser {
    /// Let a user in again
    ///
    /// Tokens that were not revoked work again. Operator keys stay revoked. Needs the right
    /// `users`, and `administrators` for an administrator.
    #[oai(
        path = "/api/administration/users/:Id/enable",
        method = "post",
        operation_id = "enableUser"
    )]
    async fn enable(
        &self,
        request: &Request,
        by: By<ForUsers>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let user = user_id(&id)?;
        Ok(Answer::of(operator.enable_user(user).await?))
    }
}

impl Operation for EnableUser {
    type Data = User;

    const SUCCESS: &'static str = "The user";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::UserNotFound,
        ]
    }

    fn example() -> Value {
        example_with(&json!({"Disabled": false}))
    }
}

//! `GET /api/administration/users/:Id`: reads a user.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::Value;

use super::user::{User, example};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, TokenId};

/// Reads one user, by the user's id.
#[derive(Default)]
pub struct GetUser;

#[OpenApi(tag = "Tag::Administration")]
impl GetUser {
    /// Get a user
    ///
    /// A person or a service account. Needs the right `users`.
    #[oai(
        path = "/api/administration/users/:Id",
        method = "get",
        operation_id = "getUser"
    )]
    async fn get(
        &self,
        request: &Request,
        by: By<ForUsers>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        Ok(Answer::of(by.operator(call)?.user(&id.0).await?))
    }
}

impl Operation for GetUser {
    type Data = User;

    const SUCCESS: &'static str = "The user";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::UserNotFound,
        ]
    }

    fn example() -> Value {
        example()
    }
}

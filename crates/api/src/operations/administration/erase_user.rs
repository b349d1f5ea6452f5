//! `POST /api/administration/users/:Id/erase`: erases the personal details of a user.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::user::{User, example_with, user_id};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForErasing, TokenId};

/// Erases the personal details of a user.
#[derive(Default)]
pub struct EraseUser;

#[OpenApi(tag = "Tag::Administration")]
impl EraseUser {
    /// Erase the personal details of a user
    ///
    /// For good: names, address, password, what the tokens are called, where they were used from,
    /// and what events say of the person. Tokens, sessions and operator keys of the user end. The
    /// events themselves stay, and can be verified as before. One that is erased already stays as
    /// it is. Needs the right `administrators`.
    #[oai(
        path = "/api/administration/users/:Id/erase",
        method = "post",
        operation_id = "eraseUser"
    )]
    async fn erase(
        &self,
        request: &Request,
        by: By<ForErasing>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let id = user_id(&id)?;
        Ok(Answer::of(operator.erase_user(id).await?))
    }
}

impl Operation for EraseUser {
    type Data = User;

    const SUCCESS: &'static str = "What is left of the user";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UserNotFound,
            Problem::LastAdministrator,
        ]
    }

    fn example() -> Value {
        example_with(&json!({
            "UserName": "erased-0123456789abcdef",
            "DisplayName": "Erased user",
            "Email": null,
            "Kind": "Erased",
            "Disabled": true,
            "DisabledBy": ["Administrator"],
            "Groups": [],
        }))
    }
}

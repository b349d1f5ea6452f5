//! `GET /api/administration/personalaccesstoken/:Id`: reads the token of any user.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::token::{OwnedPersonalAccessToken, example_with};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForTokens, TokenId};

/// Reads the token of any user, by the token's id alone.
#[derive(Default)]
pub struct GetAnyToken;

#[OpenApi(tag = "Tag::Administration")]
impl GetAnyToken {
    /// Get anybody's personal access token
    ///
    /// Without its secret. Needs the right `tokens`.
    #[oai(
        path = "/api/administration/personalaccesstoken/:Id",
        method = "get",
        operation_id = "getAnyToken"
    )]
    async fn get(
        &self,
        request: &Request,
        by: By<ForTokens>,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        Ok(Answer::of(operator.token(&id.0).await?))
    }
}

impl Operation for GetAnyToken {
    type Data = OwnedPersonalAccessToken;

    const SUCCESS: &'static str = "The token and its owner";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        example_with(json!({}))
    }
}

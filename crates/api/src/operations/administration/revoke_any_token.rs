//! `POST /api/administration/personalaccesstoken/:Id/revoke`: revokes the token of any user.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::token::{OwnedPersonalAccessToken, example_with};
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForTokens, TokenId};

/// Revokes the token of any user, by the token's id alone.
#[derive(Default)]
pub struct RevokeAnyToken;

#[OpenApi(tag = "Tag::Administration")]
impl RevokeAnyToken {
    /// Revoke anybody's personal access token
    ///
    /// For good. One that is revoked already stays as it is. Needs the right `tokens`.
    #[oai(
        path = "/api/administration/personalaccesstoken/:Id/revoke",
        method = "post",
        operation_id = "revokeAnyToken"
    )]
    async fn revoke(
        &self,
        request: &Request,
        by: By<ForTokens>,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        Ok(Answer::of(operator.revoke_token(&id.0).await?))
    }
}

impl Operation for RevokeAnyToken {
    type Data = OwnedPersonalAccessToken;

    const SUCCESS: &'static str = "The token and its owner";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        example_with(json!({"Status": "Revoked", "RevokedAt": example::REVOKED_AT}))
    }
}

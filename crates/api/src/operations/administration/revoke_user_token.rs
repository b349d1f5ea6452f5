//! Revoking a token of a user.

use ats_pat_domain::Problem;
use ats_pat_service::Owner;
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

/// Revokes a token of a user.
#[derive(Default)]
pub struct RevokeUserToken;

#[OpenApi(tag = "Tag::Administration")]
impl RevokeUserToken {
    /// Revoke a personal access token of a user
    ///
    /// For good. One that is revoked already stays as it is, and another user's is not found. Needs
    /// the right `tokens`.
    #[oai(
        path = "/api/administration/users/:Id/personalaccesstoken/:TokenId/revoke",
        method = "post",
        operation_id = "revokeUserToken"
    )]
    async fn revoke(
        &self,
        request: &Request,
        by: By<ForTokens>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        _id: TokenId,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "TokenId")]
        token: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let operator = by.operator(call)?;
        // The first id in the path, which here may also be a person.
        let Owner::ServiceAccount(owner) = call.named.owner else {
            return Err(Problem::UserNotFound.into());
        };
        Ok(Answer::of(operator.revoke_token_of(owner, &token.0).await?))
    }
}

impl Operation for RevokeUserToken {
    type Data = OwnedPersonalAccessToken;

    const SUCCESS: &'static str = "The token and its owner";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::UserNotFound,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        example_with(json!({"Status": "Revoked", "RevokedAt": example::REVOKED_AT}))
    }
}

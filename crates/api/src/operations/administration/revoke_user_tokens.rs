//! Revoking every token of a user.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};

use super::user::user_id;
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, TokenId};

/// Revokes all tokens of a user.
#[derive(Default)]
pub struct RevokeUserTokens;

#[OpenApi(tag = "Tag::Administration")]
impl RevokeUserTokens {
    /// Revoke every token of a user
    ///
    /// For good. The user can make new ones. Needs the right `users`, and `administrators` for an
    /// administrator.
    #[oai(
        path = "/api/administration/users/:Id/revokeTokens",
        method = "post",
        operation_id = "revokeUserTokens"
    )]
    async fn revoke(
        &self,
        request: &Request,
        by: By<ForUsers>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let user = user_id(&id)?;
        let revoked = operator.revoke_tokens_of(user).await?;
        Ok(Answer::of(RevokedTokens { revoked }))
    }
}

impl Operation for RevokeUserTokens {
    type Data = RevokedTokens;

    const SUCCESS: &'static str = "How many were revoked";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::UserNotFound,
        ]
    }

    fn example() -> Value {
        json!({"Revoked": 3})
    }
}

/// How many tokens were revoked.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct RevokedTokens {
    /// How many were active before.
    revoked: u64,
}

impl Data for RevokedTokens {
    const DESCRIPTION: &'static str = "The answer with a number of revoked tokens.";
}

//! `POST /api/personalaccesstoken/:Id/revoke`: revokes a token.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::service_account::ForAccounts;
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{OpenSession, TokenId};
use crate::schema::PersonalAccessToken;

/// Revokes one of the signed-in user's own tokens.
#[derive(Default)]
pub struct Revoke;

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Revoke {
    /// Revoke a personal access token
    ///
    /// For good. One that is revoked already stays as it is.
    #[oai(
        path = "/api/personalaccesstoken/:Id/revoke",
        method = "post",
        operation_id = "revokePersonalAccessToken"
    )]
    async fn revoke(
        &self,
        request: &Request,
        session: OpenSession,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let token = call
            .service
            .revoke_token(call.acting(&session.0), &id.0)
            .await?;
        Ok(Answer::of(token))
    }
}

impl Operation for Revoke {
    type Data = PersonalAccessToken;

    const SUCCESS: &'static str = "The token";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        example::token(json!({"Status": "Revoked", "RevokedAt": example::REVOKED_AT}))
    }
}

impl ForAccounts for Revoke {
    const ID: &'static str = "revokeServiceAccountToken";
    const SUMMARY: &'static str = "Revoke a personal access token of a service account";
    const DESCRIPTION: &'static str = "For good. One that is revoked already stays as it is.";
}

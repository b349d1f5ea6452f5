//! `GET /api/personalaccesstoken/:Id`: reads one token.

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

/// Reads one of the signed-in user's own tokens.
#[derive(Default)]
pub struct Get;

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Get {
    /// Get one of your personal access tokens
    ///
    /// Another user's token is answered as one that does not exist.
    #[oai(
        path = "/api/personalaccesstoken/:Id",
        method = "get",
        operation_id = "getPersonalAccessToken"
    )]
    async fn get(
        &self,
        request: &Request,
        session: OpenSession,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let token = call.service.token(call.acting(&session.0), &id.0).await?;
        Ok(Answer::of(token))
    }
}

impl Operation for Get {
    type Data = PersonalAccessToken;

    const SUCCESS: &'static str = "The token";

    fn refusals() -> Vec<Problem> {
        vec![Problem::SignInRequired, Problem::TokenNotFound]
    }

    fn example() -> Value {
        example::token(json!({}))
    }
}

impl ForAccounts for Get {
    const ID: &'static str = "getServiceAccountToken";
    const SUMMARY: &'static str = "Get a personal access token of a service account";
    const DESCRIPTION: &'static str =
        "The token of another owner is answered as one that does not exist.";
}

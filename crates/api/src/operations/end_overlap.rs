//! Ending a replaced secret that still works.

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

/// Ends the overlap of one of the signed-in user's own tokens.
#[derive(Default)]
pub struct EndOverlap;

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl EndOverlap {
    /// End the old secret of a personal access token
    ///
    /// The secret that was replaced with an overlap stops working. Where none still works, nothing
    /// changes.
    #[oai(
        path = "/api/personalaccesstoken/:Id/endOverlap",
        method = "post",
        operation_id = "endPersonalAccessTokenOverlap"
    )]
    async fn end_overlap(
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
            .end_overlap(call.acting(&session.0), &id.0)
            .await?;
        Ok(Answer::of(token))
    }
}

impl Operation for EndOverlap {
    type Data = PersonalAccessToken;

    const SUCCESS: &'static str = "The token as it is now";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        example::token(json!({"RegeneratedAt": example::REVOKED_AT}))
    }
}

impl ForAccounts for EndOverlap {
    const ID: &'static str = "endServiceAccountTokenOverlap";
    const SUMMARY: &'static str =
        "End the old secret of a personal access token of a service account";
    const DESCRIPTION: &'static str = "The secret that was replaced with an overlap stops working. Where none still works, nothing \
        changes.";
}

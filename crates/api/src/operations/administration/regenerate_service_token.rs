//! Giving a token of a service account a new secret.

use ats_pat_domain::{Problem, Reason, Rule, Status};
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::Value;

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Operation, Tag};
use crate::operations::regenerate::{Regenerate, RegeneratePersonalAccessTokenRequest};
use crate::refused::Refused;
use crate::request::{By, ForServiceTokens, OptionalJsonBody, TokenId};
use crate::schema::IssuedPersonalAccessToken;

/// Gives a token of any service account a new secret.
#[derive(Default)]
pub struct RegenerateServiceToken;

#[OpenApi(tag = "Tag::Administration")]
impl RegenerateServiceToken {
    /// Give a personal access token of any service account a new secret
    ///
    /// The old one stops working, at once or after `OverlapHours`. Only for an active token, and
    /// for one with the scope `introspect` only by an administrator. Needs the right
    /// `service-tokens`.
    #[oai(
        path = "/api/administration/users/:Id/personalaccesstoken/:TokenId/regenerate",
        method = "post",
        operation_id = "regenerateServiceToken"
    )]
    async fn regenerate(
        &self,
        request: &Request,
        by: By<ForServiceTokens>,
        /// The service account's id.
        #[oai(name = "Id")]
        _id: TokenId,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "TokenId")]
        token: TokenId,
        body: OptionalJsonBody<RegeneratePersonalAccessTokenRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let issued = by
            .operator(call)?
            .regenerate_service_token(call.named.owner, &token.0, body.0.into())
            .await?;
        Ok(Answer::of(issued))
    }
}

impl Operation for RegenerateServiceToken {
    type Data = IssuedPersonalAccessToken;

    const SUCCESS: &'static str = Regenerate::SUCCESS;

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("ExpiresAt", Reason::NotATime),
            example::expiration_not_allowed(),
            Problem::PolicyForbids {
                rule: Rule::Overlap,
            },
            Problem::UserNotFound,
            Problem::TokenNotFound,
            Problem::TokenNotActive {
                status: Status::Revoked,
            },
        ]
    }

    fn example() -> Value {
        Regenerate::example()
    }

    fn body() -> Option<Body> {
        Regenerate::body()
    }
}

//! Giving a token a new secret.

use ats_pat_domain::{Problem, Reason, Rule, Status};
use ats_pat_service::Regeneration;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::service_account::ForAccounts;
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Operation, Tag};
use crate::refused::Refused;
use crate::request::{OptionalJsonBody, RecentSession, TokenId};
use crate::schema::IssuedPersonalAccessToken;

/// Gives one of the signed-in user's own tokens a new secret.
#[derive(Default)]
pub struct Regenerate;

/// How a personal access token gets its new secret.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct RegeneratePersonalAccessTokenRequest {
    /// When the new secret stops working; absent means after the same lifetime as before.
    pub expires_at: Option<String>,
    /// For how many hours the old secret goes on working, but not beyond the expiry that the token
    /// had; absent means not at all. Up to `MaxOverlapHours` of the policy.
    pub overlap_hours: Option<u32>,
    /// Whether the first exchange with the new secret ends the old one; only with `OverlapHours`.
    pub end_overlap_at_first_use: Option<bool>,
}

impl From<RegeneratePersonalAccessTokenRequest> for Regeneration {
    fn from(asked: RegeneratePersonalAccessTokenRequest) -> Self {
        Self {
            expires_at: asked.expires_at,
            overlap_hours: asked.overlap_hours.unwrap_or_default(),
            end_overlap_at_first_use: asked.end_overlap_at_first_use.unwrap_or_default(),
            expected_generation: None,
        }
    }
}

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Regenerate {
    /// Give a personal access token a new secret
    ///
    /// The old one stops working, at once or after `OverlapHours`. One that was still working from
    /// an earlier time is ended. Only for an active token.
    #[oai(
        path = "/api/personalaccesstoken/:Id/regenerate",
        method = "post",
        operation_id = "regeneratePersonalAccessToken"
    )]
    async fn regenerate(
        &self,
        request: &Request,
        session: RecentSession,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
        body: OptionalJsonBody<RegeneratePersonalAccessTokenRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let issued = call
            .service
            .regenerate_token(call.acting(&session.0), &id.0, body.0.into())
            .await?;
        Ok(Answer::of(issued))
    }
}

impl Operation for Regenerate {
    type Data = IssuedPersonalAccessToken;

    const SUCCESS: &'static str = "The token with its new secret, which is answered this once";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("ExpiresAt", Reason::NotATime),
            example::expiration_not_allowed(),
            Problem::PolicyForbids {
                rule: Rule::Overlap,
            },
            Problem::too_many_requests(30),
            Problem::TokenNotFound,
            Problem::TokenNotActive {
                status: Status::Revoked,
            },
        ]
    }

    fn example() -> Value {
        let regenerated = json!({
            "RegeneratedAt": example::REVOKED_AT,
            "PreviousSecretValidUntil": example::OVERLAP_END,
        });
        json!({"Token": example::token(regenerated), "Secret": example::NEW_SECRET})
    }

    fn body() -> Option<Body> {
        let example = json!({
            "ExpiresAt": example::EXPIRES_AT.to_string(),
            "OverlapHours": 24,
            "EndOverlapAtFirstUse": true,
        });
        Some(Body::of::<RegeneratePersonalAccessTokenRequest>(
            &[],
            example,
        ))
    }
}

impl ForAccounts for Regenerate {
    const ID: &'static str = "regenerateServiceAccountToken";
    const SUMMARY: &'static str = "Give a personal access token of a service account a new secret";
    const DESCRIPTION: &'static str = "The old one stops working, at once or after `OverlapHours`, as of your own tokens. Only for an active \
        token.";
    const GIVES_A_SECRET: bool = true;
}

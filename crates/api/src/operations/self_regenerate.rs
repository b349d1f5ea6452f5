//! A token regenerates itself.

use ats_pat_domain::{Problem, Reason};
use ats_pat_service::SelfRegenerated;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::exchange::refusals_of_holder;
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{OptionalJsonBody, TokenHolder};
use crate::schema::Time;

/// Gives the caller's personal access token a new secret.
#[derive(Default)]
pub struct RegenerateItself;

/// How long a personal access token lives with the secret that it gets by itself.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct SelfRegeneratePersonalAccessTokenRequest {
    /// When the token stops working, once the new secret was used: no later than its
    /// `RegeneratesUntil`. Absent means after the same lifetime as before.
    pub expires_at: Option<String>,
}

/// The secret that a personal access token got by itself.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct SelfRegeneratedPersonalAccessToken {
    /// The token's id, the same as before.
    id: Uuid,
    /// `atspat_…`; keep it before you exchange it, it is never shown again.
    secret: String,
    /// When the token expires, once the new secret was exchanged.
    expires_at: Time,
    /// Until when the new secret has to be exchanged for the first time: else it is void, and the
    /// old one works on.
    confirm_before: Time,
}

impl From<SelfRegenerated> for SelfRegeneratedPersonalAccessToken {
    fn from(issued: SelfRegenerated) -> Self {
        Self {
            id: issued.id.as_uuid(),
            secret: issued.secret.expose_secret().to_owned(),
            expires_at: Time(issued.expires_at),
            confirm_before: Time(issued.confirm_before),
        }
    }
}

impl Data for SelfRegeneratedPersonalAccessToken {
    const DESCRIPTION: &'static str = "The answer with a secret that has to be exchanged.";
}

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl RegenerateItself {
    /// Give the personal access token that is shown a new secret
    ///
    /// The old one works until the first exchange with the new one. If there is none within 24
    /// hours, the new one is void. Asking again makes the one before void. Only for a token that
    /// was made with `MayRegenerateItself`.
    #[oai(
        path = "/api/personalaccesstoken/self/regenerate",
        method = "post",
        operation_id = "selfRegeneratePersonalAccessToken"
    )]
    async fn regenerate(
        &self,
        request: &Request,
        holder: TokenHolder,
        body: OptionalJsonBody<SelfRegeneratePersonalAccessTokenRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let service = &Call::of(request)?.service;
        let expires_at = body.0.expires_at.as_deref();
        let issued = service.regenerate_itself(&holder.0, expires_at).await?;
        Ok(Answer::of(issued))
    }
}

impl Operation for RegenerateItself {
    type Data = SelfRegeneratedPersonalAccessToken;

    const SUCCESS: &'static str = "The new secret, which is answered this once";

    fn refusals() -> Vec<Problem> {
        let mut refusals = vec![Problem::CrossSiteRequest];
        refusals.extend(refusals_of_holder());
        refusals.extend([
            Problem::UnsupportedMediaType,
            Problem::validation("ExpiresAt", Reason::NotATime),
            Problem::SelfRegenerateNotAllowed,
            example::expiration_not_allowed(),
            Problem::too_many_requests(30),
        ]);
        refusals
    }

    fn example() -> Value {
        json!({
            "Id": example::TOKEN_ID,
            "Secret": example::NEW_SECRET,
            "ExpiresAt": example::EXPIRES_AT.to_string(),
            "ConfirmBefore": example::OVERLAP_END,
        })
    }

    fn body() -> Option<Body> {
        let example = json!({"ExpiresAt": example::EXPIRES_AT.to_string()});
        Some(Body::of::<SelfRegeneratePersonalAccessTokenRequest>(
            &[],
            example,
        ))
    }
}

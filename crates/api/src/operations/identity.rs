//! Whom an authentication token speaks for.

use ats_pat_domain::Problem;
use ats_pat_service::view;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::BearerToken;
use crate::schema::Time;

/// The path of the identity.
pub const IDENTITY: &str = "/api/identity";

/// Lets the service check an authentication token.
#[derive(Default)]
pub struct GetIdentity;

#[OpenApi(tag = "Tag::Exchange")]
impl GetIdentity {
    /// Whom an authentication token speaks for
    ///
    /// Asks the database, so that a revoked token is refused at once.
    #[oai(path = "/api/identity", method = "get", operation_id = "getIdentity")]
    async fn get_identity(
        &self,
        request: &Request,
        bearer: BearerToken<'_>,
    ) -> Result<Answer<Self>, Refused> {
        let identity = Call::of(request)?.service.identity(bearer.0).await?;
        Ok(Answer::of(identity))
    }
}

impl Operation for GetIdentity {
    type Data = Identity;

    const SUCCESS: &'static str = "Whom the authentication token speaks for";

    fn refusals() -> Vec<Problem> {
        vec![Problem::AuthenticationTokenInvalid]
    }

    fn example() -> Value {
        json!({
            "Id": example::USER_ID,
            "UserName": "ada",
            "DisplayName": "Ada Lovelace",
            "Scopes": ["all"],
            "TokenId": example::TOKEN_ID,
            "ExpiresAt": example::AUTHENTICATION_EXPIRES_AT,
        })
    }
}

/// Whom an authentication token speaks for.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct Identity {
    /// The owner's id, the `sub` of the token.
    id: Uuid,
    /// The owner's user name.
    user_name: String,
    /// What the owner is shown by.
    display_name: String,
    /// The rights of this authentication token.
    scopes: Vec<String>,
    /// The personal access token that it was exchanged for.
    token_id: Uuid,
    /// When the authentication token expires.
    expires_at: Time,
}

impl From<view::Identity> for Identity {
    fn from(identity: view::Identity) -> Self {
        Self {
            id: identity.id.as_uuid(),
            user_name: identity.user_name,
            display_name: identity.display_name,
            scopes: identity.scopes,
            token_id: identity.token_id.as_uuid(),
            expires_at: Time(identity.expires_at),
        }
    }
}

impl Data for Identity {
    const DESCRIPTION: &'static str = "The answer with the owner of an authentication token.";
}

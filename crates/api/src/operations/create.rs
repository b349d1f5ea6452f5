//! Creating a token.

use ats_pat_domain::{Problem, Reason};
use ats_pat_service::NewToken;
use poem::Request;
use poem::http::StatusCode;
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Operation, Tag};
use crate::refused::Refused;
use crate::request::{JsonBody, Session};
use crate::schema::IssuedPersonalAccessToken;

/// A new token for the signed-in user.
#[derive(Default)]
pub struct Create;

/// A new personal access token.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct CreatePersonalAccessTokenRequest {
    /// 1 to 100 characters; unique among your active tokens.
    pub name: Option<String>,
    /// When the token stops working: RFC 3339, with any offset.
    pub expires_at: Option<String>,
    /// What the token is for; up to 500 characters.
    pub description: Option<String>,
    /// Names of the policy's scopes; absent means all your rights.
    pub scopes: Option<Vec<String>>,
    /// Up to 50 addresses or CIDRs that the token may be used from; absent means anywhere.
    pub allowed_networks: Option<Vec<String>>,
}

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Create {
    /// Create a personal access token
    ///
    /// The answer has the token's secret, this once: whoever loses it regenerates the token.
    #[oai(
        path = "/api/personalaccesstoken",
        method = "post",
        operation_id = "createPersonalAccessToken"
    )]
    async fn create(
        &self,
        request: &Request,
        session: Session,
        body: JsonBody<CreatePersonalAccessTokenRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let new = NewToken {
            name: body.0.name,
            expires_at: body.0.expires_at,
            description: body.0.description,
            scopes: body.0.scopes,
            allowed_networks: body.0.allowed_networks,
            form_key: None,
        };
        let issued = Call::of(request)?
            .service
            .create_token(&session.0, new)
            .await?;
        Ok(Answer::of(issued))
    }
}

impl Operation for Create {
    type Data = IssuedPersonalAccessToken;

    const SUCCESS: &'static str = "The token with its secret, which is answered this once";
    const STATUS: StatusCode = StatusCode::CREATED;

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::UnsupportedMediaType,
            Problem::validation("Name", Reason::Empty),
            Problem::UnknownScope {
                scope: "orders:burn".to_owned(),
            },
            example::expiration_not_allowed(),
            Problem::NameInUse {
                name: example::NAME.to_owned(),
            },
            Problem::TokenLimitReached { limit: 100 },
        ]
    }

    fn example() -> Value {
        let unused = json!({"LastUsedAt": null, "LastUsedFrom": null});
        json!({"Token": example::token(unused), "Secret": example::SECRET})
    }

    fn body() -> Option<Body> {
        let example = json!({
            "Name": example::NAME,
            "ExpiresAt": example::EXPIRES_AT.to_string(),
            "Description": "Fetches the orders of the day",
            // Works in every deployment and from everywhere: other scopes are not on offer everywhere.
            "Scopes": ["all"],
        });
        let required = &["Name", "ExpiresAt"];
        Some(Body::of::<CreatePersonalAccessTokenRequest>(
            required, example,
        ))
    }
}

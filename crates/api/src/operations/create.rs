//! `POST /api/personalaccesstoken`: creates a token.

use ats_pat_domain::{Problem, Reason, Rule};
use ats_pat_service::view::TokenView;
use ats_pat_service::{NewToken, Owner};
use poem::Request;
use poem::http::header::LOCATION;
use poem::http::{HeaderName, StatusCode};
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::service_account::{ForAccounts, TOKENS};
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::{IdempotencyKeyHeader, JsonBody, RecentSession};
use crate::schema::IssuedPersonalAccessToken;

/// The header that says that the request was sent before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Creates a token for the signed-in user.
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
    /// Whether the token may get new secrets by itself, with `regenerateItself`; not with the scope
    /// `introspect`.
    pub may_regenerate_itself: Option<bool>,
    /// Until when it may: no later than a new token may expire. Required where
    /// `MayRegenerateItself` is true.
    pub regenerates_until: Option<String>,
}

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Create {
    /// Create a personal access token
    ///
    /// The answer has the token's secret, this once: whoever loses it regenerates the token. A
    /// request with the header `Idempotency-Key` can be sent again for 24 hours after the key was
    /// made. Then it makes no second token, and the answer has no secret.
    #[oai(
        path = "/api/personalaccesstoken",
        method = "post",
        operation_id = "createPersonalAccessToken"
    )]
    async fn create(
        &self,
        request: &Request,
        session: RecentSession,
        body: JsonBody<CreatePersonalAccessTokenRequest>,
        /// A UUID of version 7, new for each new token: the same request with the same key makes
        /// one token only.
        #[oai(name = "Idempotency-Key")]
        key: IdempotencyKeyHeader,
    ) -> Result<Answer<Self>, Refused> {
        let new = NewToken::from(body.0);
        let call = Call::of(request)?;
        let by = call.acting(&session.0);
        let Some(key) = key.0 else {
            let issued = call.service.create_token(by, new).await?;
            let location = location(call, &issued.token);
            return Ok(Answer::of(issued).with_header(LOCATION, location));
        };
        let created = call.service.create_token_once(by, new, &key).await?;
        let (location, is_replayed) = (location(call, &created.token), created.secret.is_none());
        let answer = Answer::of(created).with_header(LOCATION, location);
        Ok(if is_replayed {
            answer.with_header(REPLAYED, "true".to_owned())
        } else {
            answer
        })
    }
}

impl From<CreatePersonalAccessTokenRequest> for NewToken {
    fn from(body: CreatePersonalAccessTokenRequest) -> Self {
        Self {
            name: body.name,
            expires_at: body.expires_at,
            description: body.description,
            scopes: body.scopes,
            allowed_networks: body.allowed_networks,
            may_regenerate_itself: body.may_regenerate_itself.unwrap_or_default(),
            regenerates_until: body.regenerates_until,
            form_key: None,
        }
    }
}

fn location(call: &Call, token: &TokenView) -> String {
    let tokens = match call.named.owner {
        Owner::ServiceAccount(account) => format!("/api/serviceaccount/{account}{TOKENS}"),
        Owner::Own | Owner::Nobody => format!("/api{TOKENS}"),
    };
    format!("{tokens}/{}", token.id)
}

const fn headers(location: &'static str) -> [Header; 2] {
    [
        Header {
            name: "Location",
            description: "The path of the token.",
            example: location,
            always: true,
        },
        Header {
            name: "Idempotency-Replayed",
            description: "`true` where the same request made the token before; then there is no secret.",
            example: "true",
            always: false,
        },
    ]
}

impl Operation for Create {
    type Data = IssuedPersonalAccessToken;

    const SUCCESS: &'static str = "The token with its secret, which is answered this once";
    const STATUS: StatusCode = StatusCode::CREATED;
    const HEADERS: &'static [Header] = &headers(example::LOCATION);

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("Name", Reason::Empty),
            Problem::UnknownScope {
                scope: "orders:burn".to_owned(),
            },
            example::expiration_not_allowed(),
            Problem::PolicyForbids {
                rule: Rule::AllScope,
            },
            Problem::too_many_requests(30),
            Problem::IdempotencyKeyReused,
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
            // Works in every deployment and from everywhere. Other scopes are not offered
            // everywhere.
            "Scopes": ["all"],
        });
        let required = &["Name", "ExpiresAt"];
        Some(Body::of::<CreatePersonalAccessTokenRequest>(
            required, example,
        ))
    }
}

impl ForAccounts for Create {
    const ID: &'static str = "createServiceAccountToken";
    const SUMMARY: &'static str = "Create a personal access token of a service account";
    const DESCRIPTION: &'static str = "The answer has the token's secret, this once: whoever loses it regenerates the token. A request with the \
        header `Idempotency-Key` can be sent again for 24 hours after the key was made. Then it makes no second token, \
        and the answer has no secret.";
    const HEADERS: &'static [Header] = &headers(example::ACCOUNT_LOCATION);
    const GIVES_A_SECRET: bool = true;
}

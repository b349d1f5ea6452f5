//! Making a token for a service account.

use ats_pat_domain::{Problem, Reason, Rule};
use ats_pat_service::{NewToken, Owner};
use poem::Request;
use poem::http::StatusCode;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Operation, Tag};
use crate::operations::create::CreatePersonalAccessTokenRequest;
use crate::refused::Refused;
use crate::request::{By, ForServiceTokens, JsonBody, TokenId};
use crate::schema::IssuedPersonalAccessToken;

/// Creates a token for any service account.
#[derive(Default)]
pub struct CreateServiceToken;

#[OpenApi(tag = "Tag::Administration")]
impl CreateServiceToken {
    /// Create a personal access token of any service account
    ///
    /// The answer has the token's secret, this once. Needs the right `service-tokens`.
    #[oai(
        path = "/api/administration/users/:Id/personalaccesstoken",
        method = "post",
        operation_id = "createServiceToken"
    )]
    async fn create(
        &self,
        request: &Request,
        by: By<ForServiceTokens>,
        /// The service account's id.
        #[oai(name = "Id")]
        id: TokenId,
        body: JsonBody<CreatePersonalAccessTokenRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let account = Owner::service_account(&id.0);
        let new = NewToken::from(body.0);
        Ok(Answer::of(
            operator.create_service_token(account, new).await?,
        ))
    }
}

impl Operation for CreateServiceToken {
    type Data = IssuedPersonalAccessToken;

    const SUCCESS: &'static str = "The token with its secret, which is answered this once";
    const STATUS: StatusCode = StatusCode::CREATED;

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("Name", Reason::Empty),
            example::expiration_not_allowed(),
            Problem::PolicyForbids {
                rule: Rule::Responsible,
            },
            Problem::UserNotFound,
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
        let example = json!({"Name": example::NAME, "ExpiresAt": example::EXPIRES_AT.to_string()});
        let required = &["Name", "ExpiresAt"];
        Some(Body::of::<CreatePersonalAccessTokenRequest>(
            required, example,
        ))
    }
}

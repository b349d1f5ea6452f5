//! Changing a token's name, description or expiry.

use ats_pat_domain::{Problem, Reason, Status};
use ats_pat_service::TokenUpdate;
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
use crate::request::{OpenSession, OptionalJsonBody, TokenId};
use crate::schema::PersonalAccessToken;

/// Changes the name, description or expiry of one of the signed-in user's own tokens.
#[derive(Default)]
pub struct Update;

/// What changes of a personal access token. What is absent stays as it is.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct UpdatePersonalAccessTokenRequest {
    /// 1 to 100 characters; unique among your active tokens.
    pub name: Option<String>,
    /// What the token is for; up to 500 characters. An empty text removes it.
    pub description: Option<String>,
    /// When the token stops working: RFC 3339, with any offset, and not later than its expiry is.
    pub expires_at: Option<String>,
}

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Update {
    /// Change a personal access token
    ///
    /// Another name, another description or an earlier expiry. A later expiry comes with a new
    /// secret only. Of a token that is not active only the description can change. If the new
    /// expiry is less than 66 minutes away, authentication tokens that the token was exchanged for
    /// stop working at once: exchange again.
    #[oai(
        path = "/api/personalaccesstoken/:Id",
        method = "patch",
        operation_id = "updatePersonalAccessToken"
    )]
    async fn update(
        &self,
        request: &Request,
        session: OpenSession,
        /// The token's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
        body: OptionalJsonBody<UpdatePersonalAccessTokenRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let asked = TokenUpdate {
            name: body.0.name,
            description: body.0.description,
            expires_at: body.0.expires_at,
        };
        let call = Call::of(request)?;
        let token = call
            .service
            .update_token(call.acting(&session.0), &id.0, asked)
            .await?;
        Ok(Answer::of(token))
    }
}

impl Operation for Update {
    type Data = PersonalAccessToken;

    const SUCCESS: &'static str = "The token as it is now";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::UnsupportedMediaType,
            Problem::validation("Name", Reason::Empty),
            example::expiration_not_allowed(),
            Problem::too_many_requests(30),
            Problem::TokenNotFound,
            Problem::TokenNotActive {
                status: Status::Revoked,
            },
            Problem::NameInUse {
                name: example::NEW_NAME.to_owned(),
            },
        ]
    }

    fn example() -> Value {
        example::token(json!({"Name": example::NEW_NAME, "ExpiresAt": example::EARLIER_TEXT}))
    }

    fn body() -> Option<Body> {
        let example = json!({"Name": example::NEW_NAME, "ExpiresAt": example::EARLIER_TEXT});
        Some(Body::of::<UpdatePersonalAccessTokenRequest>(&[], example))
    }
}

impl ForAccounts for Update {
    const ID: &'static str = "updateServiceAccountToken";
    const SUMMARY: &'static str = "Change a personal access token of a service account";
    const DESCRIPTION: &'static str =
        "Another name, another description or an earlier expiry, as of your own tokens.";
}

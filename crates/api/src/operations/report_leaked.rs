//! `POST /api/personalaccesstoken/reportLeaked`: revokes tokens that somebody found.

use ats_pat_domain::{Problem, Reason};
use poem::Request;
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Operation, Tag};
use crate::refused::Refused;
use crate::request::JsonBody;
use crate::schema::Nothing;

/// Revokes reported tokens. Needs no sign-in, because whoever can report a secret can also use it.
#[derive(Default)]
pub struct ReportLeaked;

/// Strings that were found where they should not be.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct ReportLeakedPersonalAccessTokensRequest {
    /// 1 to 1,000 of them; what is no personal access token is ignored.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub tokens: Option<Vec<String>>,
}

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl ReportLeaked {
    /// Report leaked personal access tokens
    ///
    /// Those that are personal access tokens are revoked, for good; the answer does not tell which.
    /// Needs no sign-in, but an address may send only 20 reports in a quarter of an hour.
    #[oai(
        path = "/api/personalaccesstoken/reportLeaked",
        method = "post",
        operation_id = "reportLeakedPersonalAccessTokens"
    )]
    async fn report_leaked(
        &self,
        request: &Request,
        body: JsonBody<ReportLeakedPersonalAccessTokensRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let tokens = body
            .0
            .tokens
            .ok_or_else(|| Problem::validation("Tokens", Reason::Required))?;
        let tokens: Vec<SecretString> = tokens.into_iter().map(SecretString::from).collect();
        call.service
            .report_leaked(&tokens, call.context.address())
            .await?;
        Ok(Answer::of(Nothing))
    }
}

impl Operation for ReportLeaked {
    type Data = Nothing;

    const SUCCESS: &'static str =
        "Taken; the same whether or not there were personal access tokens among them";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::UnsupportedMediaType,
            Problem::validation("Tokens", Reason::Empty),
            Problem::too_many_requests(600),
        ]
    }

    fn example() -> Value {
        Value::Null
    }

    fn body() -> Option<Body> {
        let example = json!({"Tokens": [example::SECRET, "something else"]});
        Some(Body::of::<ReportLeakedPersonalAccessTokensRequest>(
            &["Tokens"],
            example,
        ))
    }
}

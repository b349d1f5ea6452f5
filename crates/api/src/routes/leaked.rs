//! Personal access tokens that were found where they should not be.

use ats_pat_domain::{Problem, Reason};
use poem::Request;
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::SecretString;

use super::Tag;
use crate::call::Call;
use crate::refused::Refused;
use crate::reply::Reply;
use crate::request::JsonBody;
use crate::schema::{EmptyEnvelope, ReportLeakedPersonalAccessTokensRequest};

/// Reports of leaked tokens. Nobody needs to sign in for one: who could report a secret could use it.
pub struct Leaked;

#[derive(ApiResponse)]
enum Reported {
    /// Taken; the same whether or not there were personal access tokens among them
    #[oai(status = 200)]
    Taken(Reply<EmptyEnvelope>),
}

#[OpenApi(
    prefix_path = "/api/personalaccesstoken",
    tag = "Tag::PersonalAccessToken"
)]
impl Leaked {
    /// Report leaked personal access tokens
    ///
    /// Those that are personal access tokens are revoked, for good; the answer does not tell which. Needs no
    /// sign-in, but an address may send only 20 reports in a quarter of an hour.
    #[oai(
        path = "/reportLeaked",
        method = "post",
        operation_id = "reportLeakedPersonalAccessTokens"
    )]
    async fn report_leaked(
        &self,
        request: &Request,
        body: JsonBody<ReportLeakedPersonalAccessTokensRequest>,
    ) -> Result<Reported, Refused> {
        let call = Call::of(request)?;
        let tokens = body
            .0
            .tokens
            .ok_or_else(|| Problem::validation("Tokens", Reason::Required))?;
        let tokens: Vec<SecretString> = tokens.into_iter().map(SecretString::from).collect();
        call.service
            .report_leaked(&tokens, call.context.address())
            .await?;
        Ok(Reported::Taken(Reply(EmptyEnvelope::done())))
    }
}

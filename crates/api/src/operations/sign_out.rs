//! `DELETE /api/session`: ends the caller's session.

use ats_pat_domain::Problem;
use poem::Request;
use poem::http::header::SET_COOKIE;
use poem_openapi::OpenApi;
use serde_json::Value;

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::EndingSession;
use crate::schema::Nothing;

/// Ends the sessions in the caller's cookies.
#[derive(Default)]
pub struct SignOut;

#[OpenApi(tag = "Tag::Session")]
impl SignOut {
    /// Sign out
    ///
    /// Succeeds also without a session.
    #[oai(path = "/api/session", method = "delete", operation_id = "signOut")]
    async fn sign_out(
        &self,
        request: &Request,
        session: EndingSession<'_>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        for id in session.0 {
            call.service.sign_out(Some(id)).await?;
        }
        Ok(Answer::of(Nothing).with_header(SET_COOKIE, call.cookie.clear()))
    }
}

impl Operation for SignOut {
    type Data = Nothing;

    const SUCCESS: &'static str = "Signed out";
    const HEADERS: &'static [Header] = &[Header {
        name: "Set-Cookie",
        description: "Ends the session cookie.",
        example: example::SET_COOKIE,
        always: true,
    }];

    fn refusals() -> Vec<Problem> {
        vec![Problem::CrossSiteRequest]
    }

    fn example() -> Value {
        Value::Null
    }
}

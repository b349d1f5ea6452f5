//! Who is signed in.

use ats_pat_domain::Problem;
use poem_openapi::OpenApi;
use serde_json::Value;

use crate::answer::Answer;
use crate::example;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::OpenSession;
use crate::schema::SessionUser;

/// Reads the session in the caller's cookie.
#[derive(Default)]
pub struct GetSession;

#[OpenApi(tag = "Tag::Session")]
impl GetSession {
    /// Who is signed in
    ///
    /// Tells whether the session still holds, and whose it is.
    #[oai(path = "/api/session", method = "get", operation_id = "getSession")]
    #[expect(clippy::unused_async, reason = "poem-openapi takes no other")]
    async fn get_session(&self, session: OpenSession) -> Result<Answer<Self>, Refused> {
        Ok(Answer::of(session.0.user()))
    }
}

impl Operation for GetSession {
    type Data = SessionUser;

    const SUCCESS: &'static str = "The signed-in user";

    fn refusals() -> Vec<Problem> {
        vec![Problem::SignInRequired]
    }

    fn example() -> Value {
        example::user()
    }
}

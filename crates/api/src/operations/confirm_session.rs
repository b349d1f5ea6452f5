//! `POST /api/session/confirm`: confirms a session by the password.

use ats_pat_domain::{Problem, Reason};
use poem::Request;
use poem::http::header::SET_COOKIE;
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::{JsonBody, OpenSession};
use crate::schema::SessionUser;

/// Replaces the caller's session by a new one, after its user gave the password.
#[derive(Default)]
pub struct ConfirmSession;

/// The password of the signed-in user.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct ConfirmSessionRequest {
    /// The password that the user signs in with.
    pub password: Option<String>,
}

#[OpenApi(tag = "Tag::Session")]
impl ConfirmSession {
    /// Confirm the session
    ///
    /// Where an operation answers 1104, the user has to give the password once more. The session
    /// ends, and a new one begins in its place, whose cookie is in the answer. Wrong passwords
    /// count as those of `signIn` do.
    #[oai(
        path = "/api/session/confirm",
        method = "post",
        operation_id = "confirmSession"
    )]
    async fn confirm_session(
        &self,
        request: &Request,
        session: OpenSession,
        body: JsonBody<ConfirmSessionRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let required = || Problem::validation("Password", Reason::Required);
        let password = SecretString::from(body.0.password.ok_or_else(required)?);
        let confirmed = call
            .service
            .confirm_session(&session.0, &password, call.context.client())
            .await?;
        call.end_sessions(request).await;
        let cookie = call.cookie.set(&confirmed.session_id);
        Ok(Answer::of(confirmed.user).with_header(SET_COOKIE, cookie))
    }
}

impl Operation for ConfirmSession {
    type Data = SessionUser;

    const SUCCESS: &'static str = "The signed-in user; the new session stands in the cookie";
    const HEADERS: &'static [Header] = &[Header {
        name: "Set-Cookie",
        description: "The session cookie.",
        example: example::SET_COOKIE,
        always: true,
    }];

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::UnsupportedMediaType,
            Problem::validation("Password", Reason::Required),
            Problem::too_many_requests(90),
            Problem::InvalidCredentials,
        ]
    }

    fn example() -> Value {
        example::user()
    }

    fn body() -> Option<Body> {
        let example = json!({"Password": "EXAMPLE password"});
        Some(Body::of::<ConfirmSessionRequest>(&["Password"], example))
    }
}

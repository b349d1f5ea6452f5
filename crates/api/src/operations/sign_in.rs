//! `POST /api/session`: begins a session by user name and password.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::{Failure, Reason};
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
use crate::request::JsonBody;
use crate::schema::SessionUser;

/// Signs in a browser, or a program that manages tokens.
#[derive(Default)]
pub struct SignIn;

/// A person's user name and password.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct SignInRequest {
    /// Compared without regard to case.
    pub user_name: Option<String>,
    /// Never a personal access token.
    pub password: Option<String>,
}

#[OpenApi(tag = "Tag::Session")]
impl SignIn {
    /// Sign in
    ///
    /// Sets the session's cookie, which the operations on personal access tokens take. A session
    /// ends after a time without use, and at the latest after its absolute lifetime. A personal
    /// access token is no password.
    #[oai(path = "/api/session", method = "post", operation_id = "signIn")]
    async fn sign_in(
        &self,
        request: &Request,
        body: JsonBody<SignInRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let (user_name, password) = credentials(body.0)?;
        let signed_in = call
            .service
            .sign_in(&user_name, &password, call.context.client())
            .await?;
        call.end_sessions(request).await;
        let cookie = call.cookie.set(&signed_in.session_id);
        Ok(Answer::of(signed_in.user).with_header(SET_COOKIE, cookie))
    }
}

impl Operation for SignIn {
    type Data = SessionUser;

    const SUCCESS: &'static str = "The signed-in user; the session stands in the cookie";
    const HEADERS: &'static [Header] = &[Header {
        name: "Set-Cookie",
        description: "The session cookie.",
        example: example::SET_COOKIE,
        always: true,
    }];

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::UnsupportedMediaType,
            Problem::validation("Password", Reason::Required),
            Problem::too_many_requests(90),
            Problem::InvalidCredentials,
            Problem::OwnerDisabled,
        ]
    }

    fn example() -> Value {
        example::user()
    }

    fn body() -> Option<Body> {
        let example = json!({"UserName": "ada", "Password": "EXAMPLE password"});
        Some(Body::of::<SignInRequest>(
            &["UserName", "Password"],
            example,
        ))
    }
}

fn credentials(body: SignInRequest) -> Result<(String, SecretString), Problem> {
    let required = |field| Failure::new(field, Reason::Required);
    match (body.user_name, body.password.map(SecretString::from)) {
        (Some(user_name), Some(password)) => Ok((user_name, password)),
        (user_name, password) => Err(Problem::ValidationFailed(
            [
                user_name.is_none().then(|| required("UserName")),
                password.is_none().then(|| required("Password")),
            ]
            .into_iter()
            .flatten()
            .collect(),
        )),
    }
}

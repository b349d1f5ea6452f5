//! Signing in and out.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::{Failure, Reason};
use poem::Request;
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::SecretString;

use super::Tag;
use crate::call::Call;
use crate::refused::Refused;
use crate::reply::Reply;
use crate::request::{self, EndingSession, JsonBody};
use crate::schema::{EmptyEnvelope, SessionUserEnvelope, SignInRequest};

/// The browser's sign-in, and that of programs which manage tokens.
pub struct Session;

#[derive(ApiResponse)]
enum SignedIn {
    /// The signed-in user; the session stands in the cookie
    #[oai(status = 200)]
    User(
        Reply<SessionUserEnvelope>,
        /// The session cookie.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
enum CurrentSession {
    /// The signed-in user
    #[oai(status = 200)]
    User(Reply<SessionUserEnvelope>),
}

#[derive(ApiResponse)]
enum SignedOut {
    /// Signed out
    #[oai(status = 200)]
    Done(
        Reply<EmptyEnvelope>,
        /// Ends the session cookie.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/session", tag = "Tag::Session")]
impl Session {
    /// Sign in
    ///
    /// Sets the session's cookie, which the operations on personal access tokens take. A session ends after a
    /// time without use, and at the latest after its absolute lifetime. A personal access token is no password.
    #[oai(path = "/", method = "post", operation_id = "signIn")]
    async fn sign_in(
        &self,
        request: &Request,
        body: JsonBody<SignInRequest>,
    ) -> Result<SignedIn, Refused> {
        let call = Call::of(request)?;
        let (user_name, password) = credentials(body.0)?;
        let signed_in = call
            .service
            .sign_in(&user_name, &password, call.context.client())
            .await?;
        // The sessions that the new one replaces in the caller's cookie.
        for replaced in call.cookie.read(request.headers()) {
            if let Err(error) = call.service.sign_out(Some(replaced)).await {
                error.into_problem(call.context.request_id());
            }
        }
        Ok(SignedIn::User(
            Reply(SessionUserEnvelope::success(signed_in.user)),
            call.cookie.set(&signed_in.session_id),
        ))
    }

    /// Who is signed in
    ///
    /// Tells whether the session still holds, and whose it is.
    #[oai(path = "/", method = "get", operation_id = "getSession")]
    #[expect(clippy::unused_async, reason = "poem-openapi takes no other")]
    async fn get_session(&self, session: request::Session) -> Result<CurrentSession, Refused> {
        Ok(CurrentSession::User(Reply(SessionUserEnvelope::success(
            session.0.user(),
        ))))
    }

    /// Sign out
    ///
    /// Succeeds also without a session.
    #[oai(path = "/", method = "delete", operation_id = "signOut")]
    async fn sign_out(
        &self,
        request: &Request,
        session: EndingSession<'_>,
    ) -> Result<SignedOut, Refused> {
        let call = Call::of(request)?;
        for id in session.0 {
            call.service.sign_out(Some(id)).await?;
        }
        Ok(SignedOut::Done(
            Reply(EmptyEnvelope::done()),
            call.cookie.clear(),
        ))
    }
}

fn credentials(body: SignInRequest) -> Result<(String, SecretString), Problem> {
    let required = |field| Failure {
        field,
        reason: Reason::Required,
    };
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

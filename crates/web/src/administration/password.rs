//! A new password for a user.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{Error, SignedIn};
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use super::operator;
use crate::fault::user_alerts;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::{PASSWORD, USERS};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "user_password.html")]
struct UserPasswordPage<'a> {
    frame: Frame,
    user_name: &'a str,
    revoke_tokens: bool,
}

/// The form for the user whom the address names.
pub fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    operator(visit, by)?;
    let query = Query::of(&visit.uri);
    let user_name = query.get("user").unwrap_or_default();
    if user_name == by.user().user_name {
        return Ok(redirect(PASSWORD));
    }
    if user_name.is_empty() {
        return Ok(redirect(USERS));
    }
    let page = UserPasswordPage {
        frame: Frame::new(visit, Section::Users),
        user_name,
        revoke_tokens: false,
    };
    Ok(render(&page, StatusCode::OK))
}

/// Takes the posted form: the user's sessions end, and the tokens too if asked for.
pub async fn set(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let user_name = form.field("user_name");
    let revoke_tokens = form.field("revoke_tokens") == "yes";
    let again = |alert: String, status| {
        let page = UserPasswordPage {
            frame: Frame::new(visit, Section::Users).refusing(alert),
            user_name,
            revoke_tokens,
        };
        render(&page, status)
    };
    if form.field("password") != form.field("password_repeat") {
        let alert = "The two passwords are not the same.".to_owned();
        return Ok(again(alert, StatusCode::BAD_REQUEST));
    }
    let password = SecretString::from(form.field("password"));
    let operator = operator(visit, by)?;
    match operator
        .set_password(user_name, &password, revoke_tokens)
        .await
    {
        Ok(user) => {
            let mut response = redirect(USERS);
            Flash::PasswordSet(user.user_name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(Error::OwnAccount) => {
            let alert = "This is your own account: change your password under Password, where you show that you know the current one.";
            Ok(again(alert.to_owned(), StatusCode::CONFLICT))
        }
        Err(Error::UserNotFound { name }) => Ok(again(
            format!("There is no user {name}."),
            StatusCode::NOT_FOUND,
        )),
        Err(Error::Refused(refused @ Problem::ValidationFailed(_))) => {
            let mut response = again(user_alerts(&refused), status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
        Err(error) => Err(visit.problem(error)),
    }
}

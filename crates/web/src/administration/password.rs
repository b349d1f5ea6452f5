//! A new password for a user.

use std::future::ready;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{Error, SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use super::operator;
use crate::fault::UserErrors;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::{Kept, PASSWORD, Route, USERS};
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

/// The page with the form that sets another user's password.
pub const ROUTES: &[Route] = &[Route::page("/settings/users/password", |visit, by, _| {
    Box::pin(ready(show(visit, by)))
})
.taking_confirmed(
    StepUp::Always,
    |visit, by, _, form| Box::pin(set(visit, by, form)),
    |visit, _| Kept::Page(visit.path_and_query().to_owned()),
)];

#[derive(Template)]
#[template(path = "user_password.html")]
struct UserPasswordPage<'a> {
    frame: Frame,
    text: Text,
    user_name: &'a str,
    revoke_tokens: bool,
    errors: UserErrors,
    /// The field for the administrator's own password, if the sign-in is too old.
    step_up: Option<PasswordField>,
}

/// The form for the user in the address.
fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
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
        text: visit.text,
        user_name,
        revoke_tokens: false,
        errors: UserErrors::default(),
        step_up: PasswordField::shown(visit, by, StepUp::Always),
    };
    Ok(render(&page, StatusCode::OK))
}

/// Sets the password. The user's sessions end, and the tokens too if the form says so.
async fn set(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let user_name = form.field("user_name");
    let revoke_tokens = form.field("revoke_tokens") == "yes";
    let operator = operator(visit, by)?;
    let shown = |errors, step_up, status| {
        let page = UserPasswordPage {
            frame: Frame::new(visit, Section::Users),
            text: visit.text,
            user_name,
            revoke_tokens,
            errors,
            step_up,
        };
        render(&page, status)
    };
    if let Some(refused) = &visit.unconfirmed {
        let asked = PasswordField::refused(visit, by, StepUp::Always, refused);
        let shown_again = shown(UserErrors::default(), asked, status(refused));
        return Ok(step_up::answer(shown_again, refused));
    }
    let again = |errors, status| {
        let asked = PasswordField::shown(visit, by, StepUp::Always);
        shown(errors, asked, status)
    };
    if form.field("password") != form.field("password_repeat") {
        return Ok(again(
            UserErrors::not_repeated(visit.text),
            StatusCode::BAD_REQUEST,
        ));
    }
    let password = SecretString::from(form.field("password"));
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
            let errors = UserErrors::whole(visit.text.user_password_own());
            Ok(again(errors, StatusCode::CONFLICT))
        }
        Err(Error::NoPerson { name }) => {
            let errors = UserErrors::whole(visit.text.user_is_service_account(name));
            Ok(again(errors, StatusCode::CONFLICT))
        }
        Err(Error::SignsInElsewhere { name }) => {
            let errors = UserErrors::whole(visit.text.user_signs_in_elsewhere(name));
            Ok(again(errors, StatusCode::CONFLICT))
        }
        Err(Error::UserNotFound { name }) => Ok(again(
            UserErrors::whole(visit.text.no_such_user(name)),
            StatusCode::NOT_FOUND,
        )),
        Err(Error::Refused(refused @ Problem::ValidationFailed(_))) => {
            let mut response = again(UserErrors::of(&refused, visit.text), status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
        Err(error) => Err(visit.problem(error)),
    }
}

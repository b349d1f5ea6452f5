//! Changing one's own password.

use std::future::ready;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{PasswordChange, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use crate::cookie::set_cookie;
use crate::fault::UserErrors;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::{Query, address};
use crate::route::{Kept, PASSWORD, Route};
use crate::visit::Visit;

/// The page with the form for a person's own password.
pub const ROUTES: &[Route] =
    &[
        Route::page(PASSWORD, |visit, by, _| Box::pin(ready(show(visit, by)))).taking(
            |visit, by, _, form| Box::pin(change(visit, by, form)),
            |_, form| Kept::Page(address_of_form(form)),
        ),
    ];

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    text: Text,
    revoke_tokens: bool,
    errors: UserErrors,
}

/// The address that shows the form as it was posted, without its passwords.
fn address_of_form(form: &Form) -> String {
    address(PASSWORD, &[("revoke_tokens", form.field("revoke_tokens"))])
}

/// The form. A person without a password, who signs in at an identity provider, gets none.
fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    if !by.has_password() {
        return Err(Problem::PathNotFound);
    }
    let page = PasswordPage {
        frame: Frame::new(visit, Section::Password),
        text: visit.text,
        revoke_tokens: Query::of(&visit.uri).get("revoke_tokens") == Some("yes"),
        errors: UserErrors::default(),
    };
    Ok(render(&page, StatusCode::OK))
}

/// Changes the password. The browser gets a new session, and all others end.
async fn change(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    if !by.has_password() {
        return Err(Problem::PathNotFound);
    }
    let revoke_tokens = form.field("revoke_tokens") == "yes";
    let again = |errors, status| {
        let page = PasswordPage {
            frame: Frame::new(visit, Section::Password),
            text: visit.text,
            revoke_tokens,
            errors,
        };
        render(&page, status)
    };
    if form.field("password") != form.field("password_repeat") {
        return Ok(again(
            UserErrors::not_repeated(visit.text),
            StatusCode::BAD_REQUEST,
        ));
    }
    let change = PasswordChange {
        current: SecretString::from(form.field("current_password")),
        new: SecretString::from(form.field("password")),
        revoke_tokens,
    };
    let changed = visit
        .service
        .change_password(by, change, visit.context.client())
        .await;
    match changed {
        Ok(changed) => {
            let mut response = redirect(PASSWORD);
            let line = visit.cookie().set(&changed.session_id);
            set_cookie(&mut response, &line);
            Flash::PasswordChanged.put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => {
            let refused = visit.problem(error);
            if refused == Problem::SignInRequired {
                return Err(refused);
            }
            let mut response = again(UserErrors::of(&refused, visit.text), status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

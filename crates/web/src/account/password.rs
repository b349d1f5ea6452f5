//! Changing one's password.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{PasswordChange, SignedIn};
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use crate::fault::user_alerts;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render, set_cookie};
use crate::query::{Query, address};
use crate::route::PASSWORD;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    revoke_tokens: bool,
}

/// Where the form is shown again as it was posted, without its passwords.
pub fn address_of_form(form: &Form) -> String {
    address(PASSWORD, &[("revoke_tokens", form.field("revoke_tokens"))])
}

/// The form.
pub fn show(visit: &Visit<'_>) -> Response {
    let page = PasswordPage {
        frame: Frame::new(visit, Section::Password),
        revoke_tokens: Query::of(&visit.uri).get("revoke_tokens") == Some("yes"),
    };
    render(&page, StatusCode::OK)
}

/// Takes the posted form: the browser goes on in a new session, all others end.
pub async fn change(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let revoke_tokens = form.field("revoke_tokens") == "yes";
    let again = |alert: String, status| {
        let page = PasswordPage {
            frame: Frame::new(visit, Section::Password).refusing(alert),
            revoke_tokens,
        };
        render(&page, status)
    };
    if form.field("password") != form.field("password_repeat") {
        let alert = "The two new passwords are not the same.".to_owned();
        return Ok(again(alert, StatusCode::BAD_REQUEST));
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
            let alert = match &refused {
                Problem::SignInRequired => return Err(refused),
                Problem::InvalidCredentials => "The current password is wrong.".to_owned(),
                other => user_alerts(other),
            };
            let mut response = again(alert, status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

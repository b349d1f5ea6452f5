//! Adding a user, from the form at the side of the list.

use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{NewUser, SignedIn, StepUp};
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use super::form::UserForm;
use super::listing::{frame, page};
use super::view::done;
use crate::administration::operator;
use crate::fault::UserErrors;
use crate::flash::Flash;
use crate::form::Form;
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

/// Adds a user, or shows the form again with the errors.
pub async fn add(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let (user_name, display_name) = (form.field("user_name"), form.field("display_name").trim());
    let email = form.field("email").trim();
    let is_admin = form.field("is_admin") == "yes";
    let typed = |errors| UserForm {
        user_name: user_name.to_owned(),
        display_name: display_name.to_owned(),
        email: email.to_owned(),
        is_admin,
        errors,
        is_open: true,
        ..UserForm::empty(visit, by)
    };
    if let Some(refused) = &visit.unconfirmed {
        let form = UserForm {
            step_up: PasswordField::refused(visit, by, StepUp::Always, refused),
            ..typed(UserErrors::default())
        };
        let shown_again = page(visit, by, frame(visit), form, status(refused)).await?;
        return Ok(step_up::answer(shown_again, refused));
    }
    let password = form.field("password");
    if password != form.field("password_repeat") {
        let form = typed(UserErrors::not_repeated(visit.text));
        return page(visit, by, frame(visit), form, StatusCode::BAD_REQUEST).await;
    }
    let new = NewUser {
        name: user_name.to_owned(),
        id: None,
        display_name: (!display_name.is_empty()).then(|| display_name.to_owned()),
        email: (!email.is_empty()).then(|| email.to_owned()),
        administrator: is_admin,
        password: Some(SecretString::from(password)),
    };
    let added = operator.add_user(new).await;
    match added.map_err(|error| visit.problem(error)) {
        Ok(added) => Ok(done(visit, &Flash::UserAdded(added.user_name))),
        Err(refused @ (Problem::SignInRequired | Problem::Forbidden)) => Err(refused),
        Err(refused) => {
            let form = typed(UserErrors::of(&refused, visit.text));
            let status = status(&refused);
            let mut response = page(visit, by, frame(visit), form, status).await?;
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

//! Changing a user: names, address, the right to administer.

use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::UserView;
use ats_pat_service::{SignedIn, StepUp};
use poem::Response;
use poem::http::StatusCode;

use super::edit_form::EditForm;
use super::listing::{page_editing, refuse};
use super::view::done;
use crate::administration::operator;
use crate::fault::UserErrors;
use crate::flash::Flash;
use crate::form::Form;
use crate::query::Query;
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

/// The list with the open form.
pub async fn show_edit(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let user = match living(visit, by, id).await {
        Ok(user) => user,
        Err(refused) => return refuse(visit, by, refused).await,
    };
    let form = EditForm::of(visit, by, user).kept(&Query::of(&visit.uri));
    page_editing(visit, by, form, StatusCode::OK).await
}

/// Changes the user, or shows the form again with the errors.
pub async fn edit(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    let user = match living(visit, by, id).await {
        Ok(user) => user,
        Err(refused) => return refuse(visit, by, refused).await,
    };
    let id = user.id;
    let form = EditForm::of(visit, by, user).posted(form);
    if let Some(refused) = &visit.unconfirmed {
        return ask_password(visit, by, form, refused).await;
    }
    let updated = operator(visit, by)?.update_user(id, form.update()).await;
    match updated.map_err(|error| visit.problem(error)) {
        Ok(updated) => Ok(done(visit, &Flash::UserSaved(updated.user_name))),
        Err(refused @ (Problem::SignInRequired | Problem::Forbidden)) => Err(refused),
        Err(refused @ Problem::UserNotFound) => refuse(visit, by, refused).await,
        Err(refused @ Problem::RecentSignInRequired { .. }) => {
            ask_password(visit, by, form, &refused).await
        }
        Err(refused) => {
            let form = EditForm {
                errors: UserErrors::of(&refused, visit.text),
                ..form
            };
            let mut response = page_editing(visit, by, form, status(&refused)).await?;
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

/// The form as it was posted, asking for the password. Nothing was done.
async fn ask_password(
    visit: &Visit<'_>,
    by: &SignedIn,
    form: EditForm,
    refused: &Problem,
) -> Result<Response, Problem> {
    let form = EditForm {
        step_up: PasswordField::refused(visit, by, StepUp::Always, refused),
        ..form
    };
    let shown_again = page_editing(visit, by, form, status(refused)).await?;
    Ok(step_up::answer(shown_again, refused))
}

/// The user of this id.
///
/// # Errors
/// [`Problem::UserNotFound`] if there is no such user, or the user was erased.
pub async fn living(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<UserView, Problem> {
    let user = operator(visit, by)?.user(id).await;
    let user = user.map_err(|error| visit.problem(error))?;
    if matches!(user.kind, "Person" | "Service") {
        Ok(user)
    } else {
        Err(Problem::UserNotFound)
    }
}

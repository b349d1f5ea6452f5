//! Disabling and enabling a user, and revoking all tokens of a user.

use ats_pat_domain::Problem;
use ats_pat_service::{Error, SignedIn};
use poem::Response;
use poem::http::StatusCode;

use super::form::UserForm;
use super::listing::{frame, page};
use super::question::Act;
use super::view::{UserListView, done};
use crate::administration::operator;
use crate::confirm::ConfirmPage;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::redirect;
use crate::query::Query;
use crate::route::USERS;
use crate::visit::Visit;

/// Asks before an act.
pub fn confirm(visit: &Visit<'_>, by: &SignedIn, act: Act) -> Result<Response, Problem> {
    operator(visit, by)?;
    let query = Query::of(&visit.uri);
    let Some(user_name) = query.get("user") else {
        return Ok(redirect(USERS));
    };
    let view = UserListView::of(visit);
    let page = ConfirmPage {
        frame: frame(visit),
        text: visit.text,
        question: act.question(user_name, visit.text),
        consequence: act.consequence(visit.text),
        action: view.address(act.path(), view.page),
        field: Some(("user_name", user_name.to_owned())),
        is_danger: act.is_danger(),
        back: view.address(USERS, view.page),
    };
    Ok(page.answer())
}

/// Disables a user, and says so above the list.
pub async fn disable(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let name = form.field("user_name");
    let operator = operator(visit, by)?;
    let user = match operator.disable_user(name).await {
        Ok(user) => user,
        Err(error) => return refuse(visit, by, error).await,
    };
    let accounts = operator.managed_by(user.id).await;
    // The user is disabled even if this fails. The log has the cause.
    let accounts = accounts.map_err(|error| visit.problem(error));
    let flash = if accounts.is_ok_and(|accounts| !accounts.is_empty()) {
        Flash::ResponsibleDisabled
    } else {
        Flash::UserDisabled
    };
    Ok(done(visit, &flash(user.user_name)))
}

/// Enables a user, and says so above the list.
pub async fn enable(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let name = form.field("user_name");
    match operator(visit, by)?.enable_user(name).await {
        Ok(user) => Ok(done(visit, &Flash::UserEnabled(user.user_name))),
        Err(error) => refuse(visit, by, error).await,
    }
}

/// Revokes all tokens of a user.
pub async fn revoke_tokens(
    visit: &Visit<'_>,
    by: &SignedIn,
    form: &Form,
) -> Result<Response, Problem> {
    let name = form.field("user_name");
    match operator(visit, by)?.revoke_tokens_of(name).await {
        Ok(_) => Ok(done(visit, &Flash::UserTokensRevoked(name.to_owned()))),
        Err(error) => refuse(visit, by, error).await,
    }
}

/// The list, with the reason above it why nothing was done.
async fn refuse(visit: &Visit<'_>, by: &SignedIn, error: Error) -> Result<Response, Problem> {
    let (alert, status) = match error {
        Error::OwnAccount => (
            visit.text.users_not_yourself().to_owned(),
            StatusCode::CONFLICT,
        ),
        Error::UserNotFound { name } => (visit.text.no_such_user(name), StatusCode::NOT_FOUND),
        other => return Err(visit.problem(other)),
    };
    let frame = frame(visit).refusing(alert);
    let form = UserForm::empty(visit, by);
    page(visit, by, frame, form, status).await
}

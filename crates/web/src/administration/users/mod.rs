//! Users: adding, changing, disabling, enabling, erasing.

mod add;
mod edit;
mod edit_form;
mod erase;
mod form;
mod listing;
mod question;
mod status;
mod view;

use std::future::ready;

use ats_pat_domain::Problem;
use ats_pat_service::{SignedIn, StepUp};
use poem::Response;
use poem::http::StatusCode;

use self::add::add;
use self::edit::{edit, show_edit};
use self::edit_form::address_of_edit;
use self::form::{UserForm, address_of_form};
use self::listing::{frame, page};
use self::question::{Act, DISABLE, ENABLE, REVOKE_TOKENS};
use self::status::{confirm, disable, enable, revoke_tokens};
use crate::fault::UserErrors;
use crate::query::Query;
use crate::route::{Kept, Route, USERS};
use crate::visit::Visit;

/// The list, the forms, and the questions.
pub const ROUTES: &[Route] = &[
    Route::page(USERS, |visit, by, _| Box::pin(show(visit, by))).taking_confirmed(
        StepUp::Always,
        |visit, by, _, form| Box::pin(add(visit, by, form)),
        |visit, form| Kept::Page(address_of_form(visit, form)),
    ),
    Route::page(DISABLE, |visit, by, _| {
        Box::pin(ready(confirm(visit, by, Act::Disable)))
    })
    .taking(
        |visit, by, _, form| Box::pin(disable(visit, by, form)),
        |_, _| Kept::Page(USERS.to_owned()),
    ),
    Route::page(ENABLE, |visit, by, _| {
        Box::pin(ready(confirm(visit, by, Act::Enable)))
    })
    .taking(
        |visit, by, _, form| Box::pin(enable(visit, by, form)),
        |_, _| Kept::Page(USERS.to_owned()),
    ),
    Route::page(REVOKE_TOKENS, |visit, by, _| {
        Box::pin(ready(confirm(visit, by, Act::RevokeTokens)))
    })
    .taking(
        |visit, by, _, form| Box::pin(revoke_tokens(visit, by, form)),
        |_, _| Kept::Page(USERS.to_owned()),
    ),
    Route::page("/settings/users/{id}/edit", |visit, by, id| {
        Box::pin(show_edit(visit, by, id))
    })
    .taking_confirmed(
        StepUp::Always,
        |visit, by, id, form| Box::pin(edit(visit, by, id, form)),
        |visit, form| Kept::Page(address_of_edit(visit, form)),
    ),
    Route::page("/settings/users/{id}/erase", |visit, by, id| {
        Box::pin(erase::ask(visit, by, id))
    })
    .taking_confirmed(
        StepUp::Always,
        |visit, by, id, _| Box::pin(erase::erase(visit, by, id)),
        |visit, _| Kept::Page(visit.path_and_query().to_owned()),
    ),
];

/// Answers with the list of users.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let text = |name| query.get(name).unwrap_or_default().to_owned();
    let form = UserForm {
        user_name: text("user_name"),
        display_name: text("display_name"),
        email: text("email"),
        is_admin: query.get("is_admin") == Some("yes"),
        errors: UserErrors::default(),
        is_open: query.get("add") == Some("yes"),
        ..UserForm::empty(visit, by)
    };
    page(visit, by, frame(visit), form, StatusCode::OK).await
}

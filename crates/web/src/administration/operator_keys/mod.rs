//! Operator keys, with which programs administer: creating, listing and revoking them.

mod form;
mod listing;

use ats_pat_domain::{Problem, Status};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::OperatorKeyView;
use ats_pat_service::{Error, SignedIn, StepUp};
use poem::Response;
use poem::http::StatusCode;

use self::form::{KeyErrors, KeyForm, KeyPanel, terms};
use self::listing::{Answer, Issued, address};
use super::operator;
use crate::confirm::ConfirmPage;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect};
use crate::query::Query;
use crate::route::{Kept, OPERATOR_KEYS, Route};
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

/// The list, the form for a new key, and revoking a key.
pub const ROUTES: &[Route] = &[
    Route::page(OPERATOR_KEYS, |visit, by, _| Box::pin(show(visit, by))).taking_confirmed(
        StepUp::Always,
        |visit, by, _, form| Box::pin(create(visit, by, form)),
        |_, form| kept(form),
    ),
    Route::page(NEW, |visit, by, _| Box::pin(show_form(visit, by))),
    Route::page("/settings/operator-keys/{id}/revoke", |visit, by, id| {
        Box::pin(ask(visit, by, id))
    })
    .taking(
        |visit, by, id, _| Box::pin(revoke(visit, by, id)),
        |visit, _| Kept::Page(address(visit)),
    ),
];

/// The list with the open form.
const NEW: &str = "/settings/operator-keys/new";

async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    Answer::new(visit).page(visit, by).await
}

/// The list with the open form.
async fn show_form(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let form = KeyForm::empty(visit.new_form_key()?);
    with_form(visit, by, form).await
}

/// The form with the entries that were kept when its session had ended.
///
/// # Errors
/// [`Problem::Forbidden`] if the user is not an administrator.
pub async fn show_kept(
    visit: &Visit<'_>,
    by: &SignedIn,
    kept: &Query,
) -> Result<Response, Problem> {
    let form = KeyForm {
        key: visit.new_form_key()?,
        note: Some(visit.text.token_entries_kept()),
        ..KeyForm::read(kept.pairs())
    };
    with_form(visit, by, form).await
}

async fn with_form(visit: &Visit<'_>, by: &SignedIn, form: KeyForm) -> Result<Response, Problem> {
    let panel = KeyPanel::open(visit, by, form, KeyErrors::default());
    Answer::with_form(visit, panel, StatusCode::OK)
        .page(visit, by)
        .await
}

fn kept(form: &Form) -> Kept {
    Kept::Form {
        page: OPERATOR_KEYS.to_owned(),
        typed: KeyForm::read(form.pairs()).to_query(),
    }
}

/// Creates the key, and shows it.
async fn create(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let form = KeyForm::read(form.pairs());
    if let Some(refused) = &visit.unconfirmed {
        return ask_password(visit, by, form, refused).await;
    }
    let new = form.new_key(terms(visit));
    match operator.create_operator_key_by_form(new, &form.key).await {
        Ok(issued) => {
            let issued = Issued::new(visit, issued);
            Answer::showing(visit, issued).page(visit, by).await
        }
        Err(Error::OperatorKeyAlreadyCreated { name }) => {
            let alert = visit.text.operator_key_already_created(name);
            Answer::refusing(visit, alert, StatusCode::CONFLICT)
                .page(visit, by)
                .await
        }
        Err(error) => match visit.problem(error) {
            refused @ (Problem::SignInRequired | Problem::Forbidden) => Err(refused),
            refused @ Problem::RecentSignInRequired { .. } => {
                ask_password(visit, by, form, &refused).await
            }
            refused => {
                let errors = KeyErrors::of(&refused, &form, visit);
                let key = visit.new_form_key()?;
                let panel = KeyPanel::open(visit, by, KeyForm { key, ..form }, errors);
                let answer = Answer::with_form(visit, panel, status(&refused));
                let mut response = answer.page(visit, by).await?;
                problem_headers(&refused, Challenge::Session, response.headers_mut());
                Ok(response)
            }
        },
    }
}

/// The form as it was posted, asking for the password. Nothing was done, so it keeps its
/// idempotency key.
async fn ask_password(
    visit: &Visit<'_>,
    by: &SignedIn,
    form: KeyForm,
    refused: &Problem,
) -> Result<Response, Problem> {
    let panel = KeyPanel {
        step_up: PasswordField::refused(visit, by, StepUp::Always, refused),
        ..KeyPanel::open(visit, by, form, KeyErrors::default())
    };
    let answer = Answer::with_form(visit, panel, status(refused));
    Ok(step_up::answer(answer.page(visit, by).await?, refused))
}

/// Asks whether to revoke a key.
async fn ask(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let keys = operator(visit, by)?.operator_keys().await;
    let keys = keys.map_err(|error| visit.problem(error))?;
    let mut keys = keys.into_iter();
    let Some(key) = keys.find(|key| key.id.to_string() == id.to_lowercase()) else {
        return not_found(visit, by).await;
    };
    if key.status != Status::Active {
        return Ok(redirect(&address(visit)));
    }
    let text = visit.text;
    let page = ConfirmPage {
        frame: Frame::new(visit, Section::OperatorKeys),
        text,
        question: text.operator_key_revoke_question(key.name),
        consequence: text.operator_key_revoke_consequence(),
        action: visit.path_and_query().to_owned(),
        field: None,
        is_danger: true,
        back: address(visit),
    };
    Ok(page.answer())
}

/// Revokes a key, and says so above the list.
async fn revoke(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let revoked = operator(visit, by)?.revoke_operator_key(id).await;
    match revoked.map_err(|error| visit.problem(error)) {
        Ok(OperatorKeyView { name, .. }) => {
            let mut response = redirect(&address(visit));
            Flash::OperatorKeyRevoked(name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(Problem::TokenNotFound) => not_found(visit, by).await,
        Err(refused) => Err(refused),
    }
}

/// The list, with a message above it that there is no such key.
async fn not_found(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let alert = visit.text.no_such_operator_key().to_owned();
    Answer::refusing(visit, alert, StatusCode::NOT_FOUND)
        .page(visit, by)
        .await
}

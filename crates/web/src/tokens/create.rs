//! Creating a token, from the form beside the table.

use ats_pat_domain::{Problem, TokenName};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{Error, SignedIn, StepUp};
use poem::Response;
use poem::http::StatusCode;

use super::acts::Acts;
use super::blade::{FormBlade, Issued, may_create, terms};
use super::edit;
use super::form::{FormErrors, TokenForm};
use super::listing::{Answer, view_of};
use crate::form::Form;
use crate::page::redirect;
use crate::place;
use crate::query::Query;
use crate::route::{Kept, NEW_TOKEN};
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

/// The table with the open form. The address can fill it in, with values of its own or those of
/// another token. The person must still save it.
pub async fn show_form(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let (key, policy) = (visit.new_form_key()?, visit.policy());
    if !may_create(&policy) {
        return Ok(redirect(&visit.place.tokens));
    }
    let (form, errors) = if let Some(id) = query.get("like") {
        let token = visit.service.token(visit.acting(by), id).await;
        let token = token.map_err(|error| visit.problem(error))?;
        TokenForm::like(key, &token, &policy, visit.text)
    } else {
        TokenForm::linked(key, &query, &policy, terms(visit, &policy))
    };
    with_form(visit, by, form, errors).await
}

/// The page with the form whose entries were kept when its session had ended.
pub async fn show_kept(
    visit: &Visit<'_>,
    by: &SignedIn,
    page: &str,
    kept: &Query,
) -> Result<Response, Problem> {
    let (_, own) = place::Place::split(page);
    if let Some(id) = edit::id_in(&own) {
        return edit::show_kept(visit, by, id, kept).await;
    }
    let (key, policy) = (visit.new_form_key()?, visit.policy());
    let (form, errors) = TokenForm::linked(key, kept, &policy, terms(visit, &policy));
    let form = TokenForm {
        note: Some(visit.text.token_entries_kept()),
        ..form
    };
    with_form(visit, by, form, errors).await
}

async fn with_form(
    visit: &Visit<'_>,
    by: &SignedIn,
    form: TokenForm,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let answer = Answer {
        view: view_of(visit, &Query::parse("")),
        blade: Some(FormBlade::open(visit, by, form, errors)),
        ..Answer::new(visit)
    };
    answer.page(visit, by).await
}

/// Creates the token, and shows it.
pub async fn create(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let form = TokenForm::posted(form);
    if let Some(refused) = &visit.unconfirmed {
        return ask_password(visit, by, form, refused).await;
    }
    let new = form.new_token(terms(visit, &visit.policy()));
    match visit.service.create_token(visit.acting(by), new).await {
        Ok(issued) => {
            let issued = Issued::new(visit, issued, false);
            Answer::showing(visit, issued).page(visit, by).await
        }
        // The form was sent before with another name. The typed token was not made.
        Err(Error::AlreadyCreated { name, .. })
            if TokenName::new(&form.name).is_ok_and(|typed| typed.as_str() != name) =>
        {
            let errors = FormErrors {
                form: Some(visit.text.token_form_used(name)),
                ..FormErrors::default()
            };
            let key = visit.new_form_key()?;
            let answer = Answer {
                blade: Some(FormBlade::open(
                    visit,
                    by,
                    TokenForm { key, ..form },
                    errors,
                )),
                status: StatusCode::CONFLICT,
                ..Answer::new(visit)
            };
            answer.page(visit, by).await
        }
        Err(Error::AlreadyCreated { id, .. }) => already_created(visit, by, &id.to_string()).await,
        Err(error) => {
            let refused = visit.problem(error);
            if refused == Problem::SignInRequired {
                return Err(refused);
            }
            if !may_create(&visit.policy()) {
                // The page has no form, so the message is above the table.
                let alert = refused.message(visit.text);
                let answer = Answer::refusing(visit, alert, status(&refused));
                return answer.page(visit, by).await;
            }
            let errors = FormErrors::of(&refused, &form, (visit.now(), &visit.zone), visit.text);
            let key = visit.new_form_key()?;
            let form = TokenForm { key, ..form };
            let answer = Answer {
                blade: Some(FormBlade::open(visit, by, form, errors)),
                status: status(&refused),
                ..Answer::new(visit)
            };
            let mut response = answer.page(visit, by).await?;
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

/// The form as it was posted, asking for the password. Nothing was done, so it keeps its
/// idempotency key.
async fn ask_password(
    visit: &Visit<'_>,
    by: &SignedIn,
    form: TokenForm,
    refused: &Problem,
) -> Result<Response, Problem> {
    let asked = PasswordField::refused(visit, by, StepUp::ByPolicy, refused);
    let blade = FormBlade::open(visit, by, form, FormErrors::default()).with_password(asked);
    let answer = Answer {
        blade: Some(blade),
        status: status(refused),
        ..Answer::new(visit)
    };
    Ok(step_up::answer(answer.page(visit, by).await?, refused))
}

/// The table, with a message above it about a form that is sent again. The answer with the secret
/// was lost.
async fn already_created(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = visit.service.token(visit.acting(by), id).await;
    let token = token.map_err(|error| visit.problem(error))?;
    let acts = Acts::of(visit, by, &token, &visit.place.tokens, true);
    let alert = if acts.is_some() {
        visit.text.token_already_created(token.name)
    } else {
        visit.text.token_already_created_and_ended(token.name)
    };
    let answer = Answer {
        acts,
        ..Answer::refusing(visit, alert, StatusCode::CONFLICT)
    };
    answer.page(visit, by).await
}

/// The entries to keep while the person signs in again.
pub fn kept(visit: &Visit<'_>, form: &Form) -> Kept {
    let address = TokenForm::posted(form).address();
    let typed = address.split_once('?').map_or("", |(_, query)| query);
    Kept::Form {
        page: visit.place.here(NEW_TOKEN),
        typed: typed.to_owned(),
    }
}

//! Changing a token: its name, its description, an earlier last day.

use askama::Template;
use ats_pat_domain::{Problem, Status, Timestamp};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::TokenView;
use ats_pat_service::{SignedIn, TokenUpdate};
use poem::Response;
use poem::http::StatusCode;

use super::form::{FormErrors, OWN_DAY, TokenForm, until};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::{Query, address};
use crate::route::{Kept, Route, TOKENS};
use crate::visit::Visit;
use crate::words::{input_date, long_date};

/// The page, and the form that is posted to it.
pub const ROUTES: &[Route] = &[Route::page(
    "/settings/personal-access-tokens/{id}/edit",
    |visit, by, id| Box::pin(show(visit, by, id)),
)
.taking(
    |visit, by, id, form| Box::pin(take(visit, by, id, form)),
    |visit, form| Kept::Page(Typed::posted(form).address(visit.uri.path())),
)];

#[derive(Template)]
#[template(path = "token_edit.html")]
struct EditPage {
    frame: Frame,
    /// The token's name as it is.
    title: String,
    /// The page of the token.
    back: String,
    /// Only the description of a token that ended can change.
    is_active: bool,
    typed: Typed,
    errors: FormErrors,
    /// The first day to choose from, as a date field takes it.
    first_day: String,
    /// The last one: the day on which the token expires.
    last_day: String,
    last_day_in_words: String,
    zone: String,
}

impl EditPage {
    /// Whether the field of this name is the first with an error.
    fn is_first(&self, field: &str) -> bool {
        let errors = [
            ("name", &self.errors.name),
            ("description", &self.errors.description),
            ("last_day", &self.errors.last_day),
        ];
        let mut wrong = errors.into_iter().filter(|(_, error)| error.is_some());
        wrong.next().is_some_and(|(first, _)| first == field)
    }
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    name: String,
    description: String,
    last_day: String,
}

impl Typed {
    /// What the token has now.
    fn of(token: &TokenView, visit: &Visit<'_>) -> Self {
        Self {
            name: token.name.clone(),
            description: token.description.clone(),
            last_day: input_date(token.expires_at, &visit.zone),
        }
    }

    /// What was typed before the session ended, where the address has it.
    fn or_linked(self, query: &Query) -> Self {
        let linked = |name, otherwise: String| query.get(name).map_or(otherwise, str::to_owned);
        Self {
            name: linked("name", self.name),
            description: linked("description", self.description),
            last_day: linked("last_day", self.last_day),
        }
    }

    fn posted(form: &Form) -> Self {
        let field = |name| form.field(name).to_owned();
        Self {
            name: field("name"),
            description: field("description"),
            last_day: field("last_day"),
        }
    }

    fn address(&self, path: &str) -> String {
        let Self {
            name,
            description,
            last_day,
        } = self;
        address(
            path,
            &[
                ("name", name),
                ("description", description),
                ("last_day", last_day),
            ],
        )
    }

    /// What the form asks for. The day on which the token expires is no change, and another day counts to its end.
    fn update(&self, token: &TokenView, visit: &Visit<'_>) -> TokenUpdate {
        let description = Some(self.description.clone());
        if token.status != Status::Active {
            return TokenUpdate {
                description,
                ..TokenUpdate::default()
            };
        }
        let is_another = self.last_day != input_date(token.expires_at, &visit.zone);
        let end = |day: &str| match visit.zone.day(day) {
            Some((_, end)) => end.to_string(),
            // Refused by the service.
            None => day.to_owned(),
        };
        TokenUpdate {
            name: Some(self.name.clone()),
            description,
            expires_at: is_another.then(|| end(&self.last_day)),
        }
    }
}

/// The form, with what the token has.
async fn show(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = found(visit, by, id).await?;
    let typed = Typed::of(&token, visit).or_linked(&Query::of(&visit.uri));
    let page = page(visit, &token, typed, FormErrors::default());
    Ok(render(&page, StatusCode::OK))
}

/// Takes the posted form.
async fn take(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    let token = found(visit, by, id).await?;
    let typed = Typed::posted(form);
    let update = typed.update(&token, visit);
    match visit.service.update_token(by, id, update).await {
        Ok(updated) => {
            let mut response = redirect(&address_of(&updated));
            Flash::TokenChanged(updated.name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => {
            let refused = visit.problem(error);
            if matches!(refused, Problem::SignInRequired | Problem::TokenNotFound) {
                return Err(refused);
            }
            let errors = errors(visit, &refused, token.expires_at);
            let page = page(visit, &token, typed, errors);
            let mut response = render(&page, status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

/// What is wrong, at each field. The last day is bounded by the token's own expiry, not by the policy.
fn errors(visit: &Visit<'_>, refused: &Problem, expires_at: Timestamp) -> FormErrors {
    if matches!(refused, Problem::ExpirationNotAllowed { .. }) {
        return FormErrors {
            last_day: Some(until(expires_at, &visit.zone)),
            ..FormErrors::default()
        };
    }
    let form = TokenForm {
        expiration: OWN_DAY.to_owned(),
        ..TokenForm::default()
    };
    FormErrors::of(refused, &form, &visit.zone)
}

async fn found(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<TokenView, Problem> {
    let token = visit.service.token(by, id).await;
    token.map_err(|error| visit.problem(error))
}

fn page(visit: &Visit<'_>, token: &TokenView, typed: Typed, errors: FormErrors) -> EditPage {
    EditPage {
        frame: Frame::new(visit, Section::Tokens),
        title: token.name.clone(),
        back: address_of(token),
        is_active: token.status == Status::Active,
        typed,
        errors,
        first_day: input_date(visit.now(), &visit.zone),
        last_day: input_date(token.expires_at, &visit.zone),
        last_day_in_words: long_date(token.expires_at, &visit.zone),
        zone: visit.zone.name().to_owned(),
    }
}

fn address_of(token: &TokenView) -> String {
    format!("{TOKENS}/{}", token.id)
}

//! Changing a token's name, description or last day.

use askama::Template;
use ats_pat_domain::{Problem, Status, Timestamp};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::TokenView;
use ats_pat_service::{SignedIn, TokenUpdate};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::form::{FormErrors, TokenForm};
use crate::expiry::{OWN_DAY, until};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::{Kept, Route};
use crate::visit::Visit;
use crate::words::{input_date, long_date};

/// The page, and the form that is posted to it.
pub const ROUTES: &[Route] = &[Route::page(
    "/settings/personal-access-tokens/{id}/edit",
    |visit, by, id| Box::pin(show(visit, by, id)),
)
.taking(
    |visit, by, id, form| Box::pin(take(visit, by, id, form)),
    |visit, form| Kept::Form {
        page: visit.uri.path().to_owned(),
        typed: Typed::posted(form).to_query(),
    },
)];

#[derive(Template)]
#[template(path = "token_edit.html")]
struct EditPage {
    frame: Frame,
    text: Text,
    /// The current name of the token.
    title: String,
    /// The path of the token's page.
    back: String,
    /// Why the entries differ from the token.
    note: Option<&'static str>,
    typed: Typed,
    errors: FormErrors,
    /// The first day to choose from, in the form of a date field.
    first_day: String,
    /// The last day: the day on which the token expires.
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

/// The entries of the form. For a token that isn't active, the form has only the description.
struct Typed {
    name: Option<String>,
    description: String,
    last_day: Option<String>,
}

impl Typed {
    /// The current values of the token.
    fn of(token: &TokenView, visit: &Visit<'_>) -> Self {
        let is_active = token.status == Status::Active;
        let last_day = || input_date(token.expires_at, &visit.zone);
        Self {
            name: is_active.then(|| token.name.clone()),
            description: token.description.clone(),
            last_day: is_active.then(last_day),
        }
    }

    /// The entries that were kept when the session had ended.
    fn kept(query: &Query) -> Self {
        let field = |name| query.all(name).next().map(str::to_owned);
        Self {
            name: field("name"),
            description: field("description").unwrap_or_default(),
            last_day: field("last_day"),
        }
    }

    fn posted(form: &Form) -> Self {
        let has = |name| form.all(name).next().is_some();
        let field = |name| form.field(name).to_owned();
        Self {
            name: has("name").then(|| field("name")),
            description: field("description"),
            last_day: has("last_day").then(|| field("last_day")),
        }
    }

    fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("description", &self.description);
        for (name, value) in [("name", &self.name), ("last_day", &self.last_day)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The change that the form asks for. The day on which the token expires is no change. Another
    /// day counts to its end.
    fn update(&self, token: &TokenView, visit: &Visit<'_>) -> TokenUpdate {
        let is_another = |day: &&String| **day != input_date(token.expires_at, &visit.zone);
        let end = |day: &str| match visit.zone.day(day) {
            Some((_, end)) => end.to_string(),
            // The service refuses it.
            None => day.to_owned(),
        };
        TokenUpdate {
            name: self.name.clone(),
            description: Some(self.description.clone()),
            expires_at: self
                .last_day
                .as_ref()
                .filter(is_another)
                .map(|day| end(day)),
        }
    }
}

/// The form with the token's values.
async fn show(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = found(visit, by, id).await?;
    let typed = Typed::of(&token, visit);
    let page = page(visit, &token, typed, FormErrors::default());
    Ok(render(&page, StatusCode::OK))
}

/// The id of the token in the path of the form.
pub fn id_in(path: &str) -> Option<&str> {
    ROUTES.iter().find_map(|route| route.id_in(path))
}

/// The form with the entries that were kept when its session had ended.
pub async fn show_kept(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    kept: &Query,
) -> Result<Response, Problem> {
    let token = found(visit, by, id).await?;
    let page = EditPage {
        note: Some(visit.text.token_entries_kept()),
        ..page(visit, &token, Typed::kept(kept), FormErrors::default())
    };
    Ok(render(&page, StatusCode::OK))
}

/// Changes the token, or shows the form again with the errors.
async fn take(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    let token = found(visit, by, id).await?;
    let typed = Typed::posted(form);
    let update = typed.update(&token, visit);
    match visit
        .service
        .update_token(visit.acting(by), id, update)
        .await
    {
        Ok(updated) => {
            let mut response = redirect(&address_of(visit, &updated));
            Flash::TokenChanged(updated.name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => {
            let refused = visit.problem(error);
            if matches!(
                refused,
                Problem::SignInRequired | Problem::TokenNotFound | Problem::UserNotFound
            ) {
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

/// The errors, by field. The limit of the last day is the token's expiry, not the policy.
fn errors(visit: &Visit<'_>, refused: &Problem, expires_at: Timestamp) -> FormErrors {
    if matches!(refused, Problem::ExpirationNotAllowed { .. }) {
        return FormErrors {
            last_day: Some(until(expires_at, &visit.zone, visit.text)),
            ..FormErrors::default()
        };
    }
    let form = TokenForm {
        expiration: OWN_DAY.to_owned(),
        ..TokenForm::default()
    };
    FormErrors::of(refused, &form, (visit.now(), &visit.zone), visit.text)
}

async fn found(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<TokenView, Problem> {
    let token = visit.service.token(visit.acting(by), id).await;
    token.map_err(|error| visit.problem(error))
}

fn page(visit: &Visit<'_>, token: &TokenView, mut typed: Typed, errors: FormErrors) -> EditPage {
    if let Some(day) = &mut typed.last_day
        && visit.zone.day(day).is_none()
    {
        // A date field accepts nothing but days.
        day.clear();
    }
    EditPage {
        frame: Frame::new(visit, Section::of_tokens(visit)),
        text: visit.text,
        title: token.name.clone(),
        back: address_of(visit, token),
        note: None,
        typed,
        errors,
        first_day: input_date(visit.now(), &visit.zone),
        last_day: input_date(token.expires_at, &visit.zone),
        last_day_in_words: long_date(token.expires_at, &visit.zone, visit.text),
        zone: visit.zone.name().to_owned(),
    }
}

fn address_of(visit: &Visit<'_>, token: &TokenView) -> String {
    format!("{}/{}", visit.place.tokens, token.id)
}

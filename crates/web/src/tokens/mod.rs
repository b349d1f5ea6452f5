//! One's personal access tokens: the table, the form, the new token, shown once.

mod form;
pub mod list;

use askama::Template;
use ats_pat_domain::problem::Place;
use ats_pat_domain::{Problem, Status};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::{IssuedToken, PolicyView};
use ats_pat_service::{Error, Regeneration, SignedIn};
use poem::Response;
use poem::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

use self::form::{Choice, FormErrors, TokenForm, bounds, choices};
use self::list::{Column, ListView, Pager, Row};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::TOKENS;
use crate::visit::Visit;
use crate::words::long_date;

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    view: ListView,
    columns: Vec<Column>,
    rows: Vec<Row>,
    pager: Pager,
    /// Whether there is no token at all.
    is_empty: bool,
    /// The form for a new token, at the side of the table.
    blade: FormBlade,
    /// The new token, in its place.
    issued: Option<Issued>,
}

struct FormBlade {
    form: TokenForm,
    errors: FormErrors,
    choices: Vec<Choice>,
    first_day: String,
    last_day: String,
    /// The scopes on offer besides all rights, and whether each is chosen.
    scopes: Vec<(String, String, bool)>,
    is_open: bool,
}

impl FormBlade {
    /// An empty form, to be opened.
    fn closed(visit: &Visit<'_>) -> Result<Self, Problem> {
        let form = TokenForm::empty(form_key(visit)?, &visit.service.policy());
        Ok(Self::new(visit, form, FormErrors::default(), false))
    }

    /// The form as it was filled in, and what is wrong with it.
    fn open(visit: &Visit<'_>, form: TokenForm, errors: FormErrors) -> Self {
        Self::new(visit, form, errors, true)
    }

    fn new(visit: &Visit<'_>, form: TokenForm, errors: FormErrors, is_open: bool) -> Self {
        let policy = visit.service.policy();
        let now = visit.now();
        let (first_day, last_day) = bounds(&policy, now);
        Self {
            choices: choices(&form, &policy, now),
            first_day,
            last_day,
            scopes: scopes(&policy, &form),
            form,
            errors,
            is_open,
        }
    }

    /// Whether the restrictions are to be seen at once.
    fn is_restricted(&self) -> bool {
        !self.form.scopes.is_empty()
            || !self.form.networks.is_empty()
            || self.errors.scopes.is_some()
            || self.errors.networks.is_some()
    }
}

fn scopes(policy: &PolicyView, form: &TokenForm) -> Vec<(String, String, bool)> {
    policy
        .scopes
        .iter()
        .filter(|scope| scope.name != ats_pat_domain::scope::ALL)
        .map(|scope| {
            let is_chosen = form.scopes.contains(&scope.name);
            (scope.name.clone(), scope.description.clone(), is_chosen)
        })
        .collect()
}

struct Issued {
    name: String,
    expires: String,
    secret: SecretString,
    is_regenerated: bool,
    /// This server's public URL, for the examples.
    origin: String,
}

impl Issued {
    fn new(visit: &Visit<'_>, issued: IssuedToken, is_regenerated: bool) -> Self {
        Self {
            name: issued.token.name,
            expires: long_date(issued.token.expires_at),
            secret: issued.secret,
            is_regenerated,
            origin: visit.settings.origin().to_owned(),
        }
    }
}

/// The table.
pub async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    Answer::new(visit).page(visit, by).await
}

/// The table with the form open, as far as the address fills it in. Nothing is posted by itself.
pub async fn show_form(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let (form, errors) = TokenForm::linked(form_key(visit)?, &query, &visit.service.policy());
    let answer = Answer {
        view: ListView::read(TOKENS, &Query::parse("")),
        blade: Some(FormBlade::open(visit, form, errors)),
        ..Answer::new(visit)
    };
    answer.page(visit, by).await
}

/// Makes the token that the form asks for, and shows it.
pub async fn create(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let form = TokenForm::posted(form);
    let new = form.new_token(&visit.service.policy(), visit.now());
    match visit.service.create_token(by, new).await {
        Ok(issued) => {
            let issued = Issued::new(visit, issued.into_value(), false);
            Answer::showing(visit, issued).page(visit, by).await
        }
        Err(Error::AlreadyCreated { name }) => {
            let alert = format!(
                "{name} was made when you sent this form the first time. Its token is shown only once: \
                 if you did not copy it, regenerate it."
            );
            let answer = Answer::refusing(visit, alert, StatusCode::CONFLICT);
            answer.page(visit, by).await
        }
        Err(error) => {
            let refused = visit.problem(error);
            if refused == Problem::SignInRequired {
                return Err(refused);
            }
            let errors = FormErrors::of(&refused);
            let answer = Answer {
                blade: Some(FormBlade::open(visit, form, errors)),
                status: status(&refused),
                ..Answer::new(visit)
            };
            let mut response = answer.page(visit, by).await?;
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

/// Gives a token a new secret, and shows it.
pub async fn regenerate(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    let Ok(generation) = form.field("generation").parse() else {
        return Err(Problem::InvalidRequest {
            place: Place::Body,
            path: Some("generation".to_owned()),
        });
    };
    let asked = Regeneration {
        expires_at: None,
        expected_generation: Some(generation),
    };
    match visit.service.regenerate_token(by, id, asked).await {
        Ok(issued) => {
            let issued = Issued::new(visit, issued.into_value(), true);
            Answer::showing(visit, issued).page(visit, by).await
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}

/// Ends a token.
pub async fn revoke(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match visit.service.revoke_token(by, id).await {
        Ok(revoked) => {
            let mut response = redirect(&Answer::new(visit).view.address());
            Flash::Revoked(revoked.into_value().name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}

/// The link that fills the form in as it was posted.
pub fn address_of_form(form: &Form) -> String {
    TokenForm::posted(form).address()
}

/// The table, and above it why a token stays as it is.
async fn refuse(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    refused: Problem,
) -> Result<Response, Problem> {
    let name = visit.service.token(by, id).await.map(|token| token.name);
    let alert = match (&refused, name) {
        (
            Problem::TokenNotActive {
                status: Status::Active,
            },
            Ok(name),
        ) => {
            format!(
                "{name} was regenerated already, here or in another window. Its token is shown only once: \
                 if you did not copy it, regenerate it again."
            )
        }
        (Problem::TokenNotActive { status }, Ok(name)) => {
            let status = status.as_str().to_lowercase();
            format!("{name} is {status}: only an active token can be regenerated.")
        }
        (Problem::TokenNotActive { .. } | Problem::TokenNotFound, _) => refused.message(),
        _ => return Err(refused),
    };
    let answer = Answer::refusing(visit, alert, status(&refused));
    answer.page(visit, by).await
}

fn form_key(visit: &Visit<'_>) -> Result<String, Problem> {
    let key = visit.service.new_form_key();
    key.map_err(|error| visit.problem(error))
}

/// What the page of the table shows besides it.
struct Answer {
    view: ListView,
    frame: Frame,
    /// The form, where it is open.
    blade: Option<FormBlade>,
    issued: Option<Issued>,
    status: StatusCode,
}

impl Answer {
    /// The part of the table that the address names, and nothing else.
    fn new(visit: &Visit<'_>) -> Self {
        Self {
            view: ListView::read(TOKENS, &Query::of(&visit.uri)),
            frame: Frame::new(visit, Section::Tokens),
            blade: None,
            issued: None,
            status: StatusCode::OK,
        }
    }

    fn showing(visit: &Visit<'_>, issued: Issued) -> Self {
        Self {
            issued: Some(issued),
            ..Self::new(visit)
        }
    }

    fn refusing(visit: &Visit<'_>, alert: String, status: StatusCode) -> Self {
        Self {
            frame: Frame::new(visit, Section::Tokens).refusing(alert),
            status,
            ..Self::new(visit)
        }
    }

    async fn page(self, visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
        let view = self.view;
        let listed = visit.service.list_tokens(by, view.query()).await;
        let listed = listed.map_err(|error| visit.problem(error))?;
        let now = visit.now();
        let page = TokensPage {
            frame: self.frame,
            columns: vec![
                view.column("Name", "Name"),
                Column::plain("Status"),
                view.column("Created", "-CreatedAt"),
                view.column("Expires", "ExpiresAt"),
                view.column("Last used", "-LastUsedAt"),
            ],
            pager: view.pager(listed.total),
            is_empty: listed.total == 0 && !view.is_filtered(),
            rows: listed
                .items
                .into_iter()
                .enumerate()
                .map(|(index, token)| Row::new(index + 1, token, now))
                .collect(),
            view,
            blade: match self.blade {
                Some(blade) => blade,
                None => FormBlade::closed(visit)?,
            },
            issued: self.issued,
        };
        Ok(render(&page, self.status))
    }
}

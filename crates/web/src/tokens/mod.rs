//! Personal access tokens, one's own or those of a service account: the table, the form, the new
//! token, shown once.

mod acts;
mod blade;
pub mod details;
pub mod edit;
mod events;
mod form;

use askama::Template;
use ats_pat_domain::problem::Place;
use ats_pat_domain::{Problem, Status, TokenName};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::ServiceAccountView;
use ats_pat_service::{Error, Owner, Regeneration, SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::ExposeSecret;

use self::acts::{Acts, renewed};
use self::blade::{FormBlade, Issued, form_key, may_create, terms};
use self::form::{FormErrors, TokenForm};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::place;
use crate::query::Query;
use crate::route::{Kept, NEW_TOKEN, Route, TOKENS};
use crate::step_up::{self, PasswordField};
use crate::table::{Column, ListView, Pager, Row};
use crate::visit::Visit;
use crate::words::DAY;

/// The table, the form, and what is done to a token.
pub const ROUTES: &[Route] = &[
    Route::page(TOKENS, |visit, by, _| Box::pin(show(visit, by))).taking_confirmed(
        StepUp::ByPolicy,
        |visit, by, _, form| Box::pin(create(visit, by, form)),
        kept,
    ),
    Route::page(NEW_TOKEN, |visit, by, _| Box::pin(show_form(visit, by))),
    Route::leading("/settings/personal-access-tokens/{id}/regenerate", TOKENS).taking_confirmed(
        StepUp::ByPolicy,
        |visit, by, id, form| Box::pin(regenerate(visit, by, id, form)),
        view_kept,
    ),
    Route::leading("/settings/personal-access-tokens/{id}/end-overlap", TOKENS).taking(
        |visit, by, id, _| Box::pin(end_overlap(visit, by, id)),
        view_kept,
    ),
    Route::leading("/settings/personal-access-tokens/{id}/revoke", TOKENS).taking(
        |visit, by, id, _| Box::pin(revoke(visit, by, id)),
        view_kept,
    ),
];

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    text: Text,
    /// The path of the table.
    tokens: String,
    /// The service account whose tokens they are, where they are not one's own.
    account: Option<ServiceAccountView>,
    view: ListView,
    columns: Vec<Column>,
    rows: Vec<Row>,
    pager: Pager,
    /// Whether there is no token at all.
    is_empty: bool,
    /// Whether the page stands for a form that was posted: loaded again, it shall be the table.
    is_new_address: bool,
    /// What can be done to the token that an answer is about.
    acts: Option<Acts>,
    /// The form for a new token, at the side of the table.
    blade: FormBlade,
    /// The new token, in its place.
    issued: Option<Issued>,
    /// The person's password, which the questions before a token is regenerated ask for where the
    /// sign-in is too old.
    step_up: Option<PasswordField>,
}

impl TokensPage {
    /// What the page is called.
    fn title(&self) -> String {
        self.of_account(self.text.tokens_title(), |text, name| {
            text.account_tokens(name)
        })
    }

    /// What the table is called.
    fn label(&self) -> String {
        self.of_account(self.text.tokens_yours(), |text, name| {
            text.account_tokens(name)
        })
    }

    /// What the form for a new token is called.
    fn form_title(&self) -> String {
        self.of_account(self.text.token_new(), |text, name| {
            text.account_new_token(name)
        })
    }

    /// What the choice of all rights is called.
    fn all_rights(&self) -> &'static str {
        match self.account {
            Some(_) => self.text.account_all_rights(),
            None => self.text.token_all_rights(),
        }
    }

    /// What tokens are good for, where there are none.
    fn none(&self) -> String {
        self.of_account(self.text.tokens_none_text(), |text, name| {
            text.account_tokens_none_text(name)
        })
    }

    /// The words about one's own tokens, or those that name the service account.
    fn of_account(&self, own: &str, of: impl Fn(Text, &str) -> String) -> String {
        match &self.account {
            Some(account) => of(self.text, &account.display_name),
            None => own.to_owned(),
        }
    }

    /// What the page says of the new token, around its name and its expiry.
    fn ready(&self, issued: &Issued) -> [&'static str; 3] {
        if issued.has_overlap {
            self.text.issued_regenerated_with_overlap()
        } else if issued.is_regenerated {
            self.text.issued_regenerated()
        } else {
            self.text.issued_ready()
        }
    }

    /// What gets the focus once the new token is put away: the menu of its row, where it was asked
    /// for there.
    fn opener(&self, issued: &Issued) -> String {
        self.rows
            .iter()
            .find(|row| issued.is_regenerated && row.id == issued.id)
            .map_or_else(|| "add".to_owned(), |row| format!("a{}", row.number))
    }
}

/// The table.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    Answer::new(visit).page(visit, by).await
}

/// The table with the form open, as far as the address fills it in: with what it asks for, or like
/// another token. Nothing is posted by itself.
async fn show_form(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let (key, policy) = (form_key(visit)?, visit.policy());
    if !may_create(&policy) {
        return Ok(redirect(&visit.place.tokens));
    }
    let (form, errors) = if let Some(id) = query.get("like") {
        let token = visit.service.token(visit.acting(by), id).await;
        let token = token.map_err(|error| visit.problem(error))?;
        TokenForm::like(key, &token, terms(visit, &policy))
    } else {
        TokenForm::linked(key, &query, terms(visit, &policy))
    };
    with_form(visit, by, form, errors).await
}

/// The page with the form as it was before its session ended.
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
    let (key, policy) = (form_key(visit)?, visit.policy());
    let (form, errors) = TokenForm::linked(key, kept, terms(visit, &policy));
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

/// Makes the token that the form asks for, and shows it.
async fn create(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
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
        // The same form with another name: what was typed is not what was made.
        Err(Error::AlreadyCreated { name, .. })
            if TokenName::new(&form.name).is_ok_and(|typed| typed.as_str() != name) =>
        {
            let errors = FormErrors {
                form: Some(visit.text.token_form_used(name)),
                ..FormErrors::default()
            };
            let key = form_key(visit)?;
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
                // There is no form to show it in.
                let alert = refused.message(visit.text);
                let answer = Answer::refusing(visit, alert, status(&refused));
                return answer.page(visit, by).await;
            }
            let errors = FormErrors::of(&refused, &form, (visit.now(), &visit.zone), visit.text);
            let key = form_key(visit)?;
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

/// The form as it was posted, which asks for the password. Nothing was done, so it keeps its key.
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

/// The table, and above it what became of a form that is sent again: the answer with the secret was
/// lost.
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

/// Gives a token a new secret, and shows it.
async fn regenerate(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    if let Some(refused) = &visit.unconfirmed {
        let suffix = view_of(visit, &Query::of(&visit.uri)).suffix();
        return match details::ask_password(visit, by, (id, suffix), form, refused).await {
            Err(ended @ Problem::TokenNotActive { .. }) => refuse(visit, by, id, ended).await,
            answer => answer,
        };
    }
    let unreadable = |field: &str| Problem::InvalidRequest {
        place: Place::Body,
        path: Some(field.to_owned()),
    };
    let generation = form.field("generation").parse();
    let generation = generation.map_err(|_| unreadable("generation"))?;
    // A form without the choice ends the old token at once.
    let overlap_hours = match form.field("overlap") {
        "" => 0,
        hours => hours.parse().map_err(|_| unreadable("overlap"))?,
    };
    let expires_at = match form.field("expiration") {
        "" => None,
        days => {
            let days: u32 = days.parse().map_err(|_| unreadable("expiration"))?;
            Some(visit.now().after(DAY.saturating_mul(days)).to_string())
        }
    };
    let asked = Regeneration {
        expected_generation: Some(generation),
        expires_at,
        overlap_hours,
        ..Regeneration::default()
    };
    match visit
        .service
        .regenerate_token(visit.acting(by), id, asked)
        .await
    {
        Ok(issued) => {
            let issued = Issued::new(visit, issued, true);
            Answer::showing(visit, issued).page(visit, by).await
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}

/// Ends the old token that still works.
async fn end_overlap(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match visit.service.end_overlap(visit.acting(by), id).await {
        Ok(token) => {
            let mut response = redirect(&format!("{}/{}", visit.place.tokens, token.id));
            Flash::TokenChanged(token.name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}

/// Ends a token.
async fn revoke(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match visit.service.revoke_token(visit.acting(by), id).await {
        Ok(revoked) => {
            let mut response = redirect(&Answer::new(visit).view.address());
            Flash::Revoked(revoked.name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}

/// What a form asks for, to be kept while its person signs in again.
fn kept(visit: &Visit<'_>, form: &Form) -> Kept {
    let address = TokenForm::posted(form).address();
    let typed = address.split_once('?').map_or("", |(_, query)| query);
    Kept::Form {
        page: visit.place.here(NEW_TOKEN),
        typed: typed.to_owned(),
    }
}

/// The part of the table that the address of an action names.
fn view_kept(visit: &Visit<'_>, _: &Form) -> Kept {
    Kept::Page(view_of(visit, &Query::of(&visit.uri)).address())
}

/// The table, and above it why a token stays as it is.
async fn refuse(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    refused: Problem,
) -> Result<Response, Problem> {
    let name = visit
        .service
        .token(visit.acting(by), id)
        .await
        .map(|token| token.name);
    let text = visit.text;
    let alert = match (&refused, name) {
        (Problem::TokenNotActive { status }, Ok(name)) => match status {
            Status::Active => text.token_already_regenerated(name),
            Status::Expired => text.token_expired_not_regenerated(name),
            Status::Revoked => text.token_revoked_not_regenerated(name),
        },
        (Problem::OwnerDisabled, _) => text.account_disabled().to_owned(),
        (Problem::TokenNotActive { .. } | Problem::TokenNotFound, _) => refused.message(text),
        _ => return Err(refused),
    };
    let answer = Answer::refusing(visit, alert, status(&refused));
    answer.page(visit, by).await
}

/// The part of the table that a query names.
fn view_of(visit: &Visit<'_>, query: &Query) -> ListView {
    let view = ListView::read(visit.place.tokens.clone(), query);
    match visit.place.owner {
        Owner::Own => view,
        Owner::ServiceAccount(_) | Owner::Nobody => view.of_account(),
    }
}

/// What the page of the table shows besides it.
struct Answer {
    view: ListView,
    frame: Frame,
    /// The form, where it is open.
    blade: Option<FormBlade>,
    issued: Option<Issued>,
    acts: Option<Acts>,
    status: StatusCode,
}

impl Answer {
    /// The part of the table that the address names, and nothing else.
    fn new(visit: &Visit<'_>) -> Self {
        Self {
            view: view_of(visit, &Query::of(&visit.uri)),
            frame: Frame::new(visit, Section::of_tokens(visit)),
            blade: None,
            issued: None,
            acts: None,
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
            frame: Frame::new(visit, Section::of_tokens(visit)).refusing(alert),
            status,
            ..Self::new(visit)
        }
    }

    async fn page(self, visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
        let view = self.view;
        let listed = visit
            .service
            .list_tokens(visit.acting(by), view.query())
            .await;
        let listed = listed.map_err(|error| visit.problem(error))?;
        if self.status == StatusCode::OK
            && self.issued.is_none()
            && let Some(last) = view.last_instead(listed.total)
        {
            return Ok(redirect(&last));
        }
        let (now, text) = (visit.now(), visit.text);
        let blade = match self.blade {
            Some(blade) => blade,
            None => FormBlade::closed(visit, by)?,
        };
        let page = TokensPage {
            frame: Frame {
                is_behind: blade.is_open || self.issued.is_some(),
                ..self.frame
            },
            text,
            tokens: visit.place.tokens.clone(),
            account: visit.account().cloned(),
            is_new_address: visit.is_post,
            columns: vec![
                view.column(text.tokens_name(), "Name"),
                Column::plain(text.status()),
                view.column(text.tokens_created(), "-CreatedAt"),
                view.column(text.tokens_expires(), "ExpiresAt"),
                view.column(text.tokens_last_used(), "-LastUsedAt"),
            ],
            pager: view.pager(listed.total, text),
            is_empty: listed.total == 0 && !view.is_filtered(),
            rows: listed
                .items
                .into_iter()
                .enumerate()
                .map(|(index, token)| Row {
                    renewed: renewed(visit, &token),
                    ..Row::new(index + 1, token, now, &visit.zone, text)
                })
                .collect(),
            view,
            blade,
            issued: self.issued,
            acts: self.acts,
            step_up: PasswordField::shown(visit, by, StepUp::ByPolicy),
        };
        Ok(render(&page, self.status))
    }
}

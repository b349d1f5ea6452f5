//! The table of tokens, and what an answer shows beside it.

use askama::Template;
use ats_pat_domain::{Problem, Status};
use ats_pat_http::status;
use ats_pat_service::view::ServiceAccountView;
use ats_pat_service::{Owner, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::ExposeSecret;

use super::acts::Acts;
use super::blade::{FormBlade, Issued};
use super::renewal::{Renewal, renewed};
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::Kept;
use crate::table::{Column, ListView, Pager, TokenRow};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    text: Text,
    /// The path of the table.
    tokens: String,
    /// The service account that owns the tokens. `None` for the person's own.
    account: Option<ServiceAccountView>,
    view: ListView,
    columns: Vec<Column>,
    rows: Vec<TokenRow>,
    pager: Pager,
    /// Whether the owner has no token at all.
    is_empty: bool,
    /// Whether the page answers a posted form. Reloading it then shows the table.
    is_new_address: bool,
    /// The forms for the token that was just issued.
    acts: Option<Acts>,
    /// The form for a new token, at the side of the table.
    blade: FormBlade,
    /// The new token, in place of the form.
    issued: Option<Issued>,
    /// The choices for regenerating a token.
    renewal: Renewal,
}

impl TokensPage {
    /// The title of the page.
    fn title(&self) -> String {
        self.of_account(self.text.tokens_title(), |text, name| {
            text.account_tokens(name)
        })
    }

    /// The label of the table.
    fn label(&self) -> String {
        self.of_account(self.text.tokens_yours(), |text, name| {
            text.account_tokens(name)
        })
    }

    /// The title of the form for a new token.
    fn form_title(&self) -> String {
        self.of_account(self.text.token_new(), |text, name| {
            text.account_new_token(name)
        })
    }

    /// The label for all rights.
    fn all_rights(&self) -> &'static str {
        match self.account {
            Some(_) => self.text.account_all_rights(),
            None => self.text.token_all_rights(),
        }
    }

    /// The text that explains tokens, if there are none.
    fn none(&self) -> String {
        self.of_account(self.text.tokens_none_text(), |text, name| {
            text.account_tokens_none_text(name)
        })
    }

    /// The text for the person's own tokens, or the one that names the service account.
    fn of_account(&self, own: &str, of: impl Fn(Text, &str) -> String) -> String {
        match &self.account {
            Some(account) => of(self.text, &account.display_name),
            None => own.to_owned(),
        }
    }

    /// The sentence about the new token: the pieces around its name and its expiry.
    fn ready(&self, issued: &Issued) -> [&'static str; 3] {
        if issued.has_overlap {
            self.text.issued_regenerated_with_overlap()
        } else if issued.is_regenerated {
            self.text.issued_regenerated()
        } else {
            self.text.issued_ready()
        }
    }

    /// The first row whose token can be regenerated. The dialog asks about it until the person
    /// opens it from another row.
    fn first_active(&self) -> Option<&TokenRow> {
        self.rows.iter().find(|row| row.is_active)
    }

    /// The element that gets the focus when the new token is closed. It is the menu of its row, if
    /// the person opened the dialog there.
    fn opener(&self, issued: &Issued) -> String {
        self.rows
            .iter()
            .find(|row| issued.is_regenerated && row.id == issued.id)
            .map_or_else(|| "add".to_owned(), |row| format!("a{}", row.number))
    }
}

/// Answers with the table of the owner's tokens.
pub async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    Answer::new(visit).page(visit, by).await
}

/// The table, with the reason above it why nothing was done.
pub async fn refuse(
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

/// The page to come back to after a form: the table in the view of the form's address.
pub fn view_kept(visit: &Visit<'_>, _: &Form) -> Kept {
    Kept::Page(view_of(visit, &Query::of(&visit.uri)).address())
}

/// The view in a query.
pub fn view_of(visit: &Visit<'_>, query: &Query) -> ListView {
    let view = ListView::read(visit.place.tokens.clone(), query);
    match visit.place.owner {
        Owner::Own => view,
        Owner::ServiceAccount(_) | Owner::Nobody => view.of_account(),
    }
}

/// What the page shows beside the table.
pub struct Answer {
    pub view: ListView,
    pub frame: Frame,
    /// The form, if it is open.
    pub blade: Option<FormBlade>,
    pub issued: Option<Issued>,
    pub acts: Option<Acts>,
    pub status: StatusCode,
}

impl Answer {
    /// The table alone, in the view of the address.
    pub fn new(visit: &Visit<'_>) -> Self {
        Self {
            view: view_of(visit, &Query::of(&visit.uri)),
            frame: Frame::new(visit, Section::of_tokens(visit)),
            blade: None,
            issued: None,
            acts: None,
            status: StatusCode::OK,
        }
    }

    pub fn showing(visit: &Visit<'_>, issued: Issued) -> Self {
        Self {
            issued: Some(issued),
            ..Self::new(visit)
        }
    }

    pub fn refusing(visit: &Visit<'_>, alert: String, status: StatusCode) -> Self {
        Self {
            frame: Frame::new(visit, Section::of_tokens(visit)).refusing(alert),
            status,
            ..Self::new(visit)
        }
    }

    pub async fn page(self, visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
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
                ..self.frame.showing_secret(visit, self.issued.is_some())
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
                .map(|(index, token)| TokenRow {
                    renewed: renewed(visit, &token),
                    ..TokenRow::new(index + 1, token, now, &visit.zone, text)
                })
                .collect(),
            view,
            blade,
            issued: self.issued,
            acts: self.acts,
            renewal: Renewal::new(visit, by),
        };
        Ok(render(&page, self.status))
    }
}

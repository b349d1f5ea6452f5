//! Everybody's tokens: finding and revoking them.

pub mod chosen;
pub mod found;
pub mod job;

use askama::Template;
use ats_pat_domain::{Problem, Status};
use ats_pat_service::view::OwnedTokenPageView;
use ats_pat_service::{Error, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::operator;
use crate::confirm::ConfirmPage;
use crate::flash::Flash;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::{ALL_TOKENS, Kept, Route};
use crate::table::{Column, ListView, Pager, TokenRow, owner_named};
use crate::tokens::details::{self, Reader};
use crate::visit::Visit;

/// The table, the page of a token, and revoking a token.
pub const ROUTES: &[Route] = &[
    Route::page(ALL_TOKENS, |visit, by, _| Box::pin(show(visit, by))),
    Route::page("/settings/all-tokens/{id}", |visit, by, id| {
        Box::pin(show_one(visit, by, id))
    }),
    Route::page("/settings/all-tokens/{id}/revoke", |visit, by, id| {
        Box::pin(ask(visit, by, id))
    })
    .taking(
        |visit, by, id, _| Box::pin(revoke(visit, by, id)),
        |asked, _| Kept::Page(view(asked).address()),
    ),
];

#[derive(Template)]
#[template(path = "all_tokens.html")]
struct AllTokensPage {
    frame: Frame,
    text: Text,
    view: ListView,
    columns: Vec<Column>,
    rows: Vec<(String, TokenRow)>,
    /// Whether the filter matches no user.
    is_nobody: bool,
    pager: Pager,
}

impl AllTokensPage {
    /// The first row whose token can be revoked. The question is about it until another row asks.
    fn first_active(&self) -> Option<&(String, TokenRow)> {
        self.rows.iter().find(|(_, row)| row.is_active)
    }
}

/// Answers with the table of all users' tokens.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    page(visit, by, None, StatusCode::OK).await
}

/// Answers with the page of one token.
async fn show_one(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = operator(visit, by)?.token(id).await;
    let token = token.map_err(|error| visit.problem(error))?;
    let place = (Section::AllTokens, ALL_TOKENS.to_owned());
    let owner = token.owner_name;
    Ok(details::page(
        visit,
        by,
        place,
        token.token,
        Reader::Administrator { owner },
    ))
}

/// Asks whether to revoke a token.
async fn ask(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let owned = match operator(visit, by)?.token(id).await {
        Ok(owned) => owned,
        Err(error) => return refuse(visit, by, error).await,
    };
    let (view, token) = (view(visit), owned.token);
    if token.status != Status::Active {
        return Ok(redirect(&view.address()));
    }
    let question = visit
        .text
        .tokens_revoke_of_question(token.name, owned.owner_name);
    let page = ConfirmPage {
        frame: Frame::new(visit, Section::AllTokens),
        text: visit.text,
        question,
        consequence: visit.text.token_revoke_consequence(),
        action: view.address_at(visit.uri.path()),
        field: None,
        is_danger: true,
        back: view.address(),
    };
    Ok(page.answer())
}

/// Revokes a token, and says so above the table.
async fn revoke(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match operator(visit, by)?.revoke_token(id).await {
        Ok(revoked) => {
            let mut response = redirect(&view(visit).address());
            let name = revoked.token.name;
            Flash::Revoked(name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => refuse(visit, by, error).await,
    }
}

/// The table, with the reason above it why nothing was done.
async fn refuse(visit: &Visit<'_>, by: &SignedIn, error: Error) -> Result<Response, Problem> {
    match visit.problem(error) {
        Problem::TokenNotFound => {
            let alert = visit.text.no_such_token();
            page(visit, by, Some(alert), StatusCode::NOT_FOUND).await
        }
        refused => Err(refused),
    }
}

fn view(visit: &Visit<'_>) -> ListView {
    ListView::read(ALL_TOKENS, &Query::of(&visit.uri))
}

async fn page(
    visit: &Visit<'_>,
    by: &SignedIn,
    alert: Option<&str>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let view = view(visit);
    let mut is_nobody = false;
    let listed = match operator(visit, by)?
        .tokens(owner_named(&view.owner), view.query())
        .await
    {
        Ok(listed) => listed,
        Err(Error::UserNotFound { .. }) => {
            is_nobody = true;
            OwnedTokenPageView {
                items: Vec::new(),
                page: view.page,
                page_size: view.query().page_size,
                total: 0,
            }
        }
        Err(error) => return Err(visit.problem(error)),
    };
    if status == StatusCode::OK
        && let Some(last) = view.last_instead(listed.total)
    {
        return Ok(redirect(&last));
    }
    let (frame, text) = (Frame::new(visit, Section::AllTokens), visit.text);
    let page = AllTokensPage {
        frame: match alert {
            Some(alert) => frame.refusing(alert),
            None => frame,
        },
        text,
        columns: vec![
            view.column(text.tokens_name(), "Name"),
            Column::plain(text.owner()),
            Column::plain(text.status()),
            view.column(text.tokens_created(), "-CreatedAt"),
            view.column(text.tokens_expires(), "ExpiresAt"),
            view.column(text.tokens_last_used(), "-LastUsedAt"),
        ],
        is_nobody,
        pager: view.pager(listed.total, text),
        rows: listed
            .items
            .into_iter()
            .enumerate()
            .map(|(index, owned)| {
                let row = TokenRow::new(index + 1, owned.token, visit.now(), &visit.zone, text);
                (owned.owner_name, row)
            })
            .collect(),
        view,
    };
    Ok(render(&page, status))
}

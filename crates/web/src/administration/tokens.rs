//! Everybody's tokens: finding them by owner or status, ending them.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_service::view::OwnedTokenPageView;
use ats_pat_service::{Error, SignedIn};
use poem::Response;
use poem::http::StatusCode;

use super::operator;
use crate::flash::Flash;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::ALL_TOKENS;
use crate::tokens::details;
use crate::tokens::list::{Column, ListView, Pager, Row};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "all_tokens.html")]
struct AllTokensPage {
    frame: Frame,
    view: ListView,
    columns: Vec<Column>,
    rows: Vec<(String, Row)>,
    pager: Pager,
}

/// The table.
pub async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    page(visit, by, None, StatusCode::OK).await
}

/// One token.
pub async fn show_one(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = operator(visit, by)?.token(id).await;
    let token = token.map_err(|error| visit.problem(error))?;
    let place = (Section::AllTokens, ALL_TOKENS);
    Ok(details::page(
        visit,
        place,
        token.token,
        Some(token.owner_name),
    ))
}

/// Ends a token.
pub async fn revoke(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match operator(visit, by)?.revoke_token(id).await {
        Ok(revoked) => {
            let mut response = redirect(&view(visit).address());
            let name = revoked.token.name;
            Flash::Revoked(name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => match visit.problem(error) {
            Problem::TokenNotFound => {
                let alert = "There is no such token.".to_owned();
                page(visit, by, Some(alert), StatusCode::NOT_FOUND).await
            }
            refused => Err(refused),
        },
    }
}

/// The part of the table that the address of an action names.
pub fn address_of_view(visit: &Visit<'_>) -> String {
    view(visit).address()
}

fn view(visit: &Visit<'_>) -> ListView {
    ListView::read(ALL_TOKENS, &Query::of(&visit.uri))
}

async fn page(
    visit: &Visit<'_>,
    by: &SignedIn,
    alert: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let view = view(visit);
    let owner = (!view.owner.is_empty()).then_some(view.owner.as_str());
    let listed = match operator(visit, by)?.tokens(owner, view.query()).await {
        Ok(listed) => listed,
        // Nobody's tokens are none.
        Err(Error::UserNotFound { .. }) => OwnedTokenPageView {
            items: Vec::new(),
            page: view.page,
            page_size: view.query().page_size,
            total: 0,
        },
        Err(error) => return Err(visit.problem(error)),
    };
    if status == StatusCode::OK
        && let Some(last) = view.last_instead(listed.total)
    {
        return Ok(redirect(&last));
    }
    let frame = Frame::new(visit, Section::AllTokens);
    let page = AllTokensPage {
        frame: match alert {
            Some(alert) => frame.refusing(alert),
            None => frame,
        },
        columns: vec![
            view.column("Name", "Name"),
            Column::plain("Owner"),
            Column::plain("Status"),
            view.column("Created", "-CreatedAt"),
            view.column("Expires", "ExpiresAt"),
            view.column("Last used", "-LastUsedAt"),
        ],
        pager: view.pager(listed.total),
        rows: listed
            .items
            .into_iter()
            .enumerate()
            .map(|(index, owned)| {
                let row = Row::new(index + 1, owned.token, visit.now(), &visit.zone);
                (owned.owner_name, row)
            })
            .collect(),
        view,
    };
    Ok(render(&page, status))
}

//! The service accounts that a person is responsible for, with links to their tokens.

use std::future::ready;

use askama::Template;
use ats_pat_service::view::ServiceAccountView;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use crate::page::{Frame, Section, render};
use crate::place::Place;
use crate::route::{Route, SERVICE_ACCOUNTS};
use crate::visit::Visit;
use crate::words::When;

/// The page with the service accounts that a person is responsible for.
pub const ROUTES: &[Route] = &[Route::page(SERVICE_ACCOUNTS, |visit, _, _| {
    Box::pin(ready(Ok(show(visit))))
})];

#[derive(Template)]
#[template(path = "service_accounts.html")]
struct AccountsPage {
    frame: Frame,
    text: Text,
    rows: Vec<AccountRow>,
}

struct AccountRow {
    name: String,
    /// The user name, if it differs from the display name.
    user_name: Option<String>,
    is_disabled: bool,
    added: When,
    /// The path of its tokens.
    tokens: String,
}

fn show(visit: &Visit<'_>) -> Response {
    let row = |account: &ServiceAccountView| AccountRow {
        tokens: Place::of_account(account.id).tokens,
        user_name: (account.user_name != account.display_name).then(|| account.user_name.clone()),
        name: account.display_name.clone(),
        is_disabled: account.disabled,
        added: When::on(account.created_at, &visit.zone, visit.text),
    };
    let page = AccountsPage {
        frame: Frame::new(visit, Section::ServiceAccounts),
        text: visit.text,
        rows: visit.accounts.iter().map(row).collect(),
    };
    render(&page, StatusCode::OK)
}

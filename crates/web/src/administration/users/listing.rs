//! The list of users.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::list::UserQuery;
use ats_pat_service::SignedIn;
use ats_pat_service::view::UserView;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::form::UserForm;
use super::question::{consequence, path, question};
use super::view::UserListView;
use crate::administration::operator;
use crate::administration::service_accounts::RESPONSIBLE;
use crate::page::{Frame, Section, redirect, render};
use crate::query::address;
use crate::route::{ALL_TOKENS, USERS};
use crate::table::{Pager, folded};
use crate::visit::Visit;
use crate::words::When;

/// How many users a page has.
const PAGE_SIZE: u32 = 25;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    text: Text,
    search: String,
    /// The query of this view, with its question mark, or nothing.
    suffix: String,
    rows: Vec<Row>,
    pager: Pager,
    form: UserForm,
}

struct Row {
    number: usize,
    user_name: String,
    display_name: String,
    is_admin: bool,
    is_disabled: bool,
    /// Who is responsible for a service account, and where another person is chosen; nothing for a
    /// person.
    account: Option<Account>,
    /// Whether it is the administrator's own.
    is_own: bool,
    created: When,
    /// The table of the user's tokens.
    tokens: String,
    /// Where the user gets a new password.
    password: String,
    /// Where it is asked whether to disable or enable the user.
    confirm: String,
}

/// What there is to say of a service account.
struct Account {
    /// Who is responsible.
    responsible: String,
    /// Where another person is made responsible.
    change: String,
}

impl Account {
    fn of(user: &UserView, text: Text) -> Option<Self> {
        let person = user.responsible.as_ref()?;
        let responsible = if person.disabled {
            text.users_responsible_disabled(&person.user_name)
        } else {
            text.users_responsible(&person.user_name)
        };
        Some(Self {
            responsible,
            change: address(RESPONSIBLE, &[("user", &user.user_name)]),
        })
    }
}

impl Row {
    fn question(&self, text: Text) -> String {
        question(&self.user_name, self.is_disabled, text)
    }

    fn consequence(&self, text: Text) -> &'static str {
        consequence(self.is_disabled, text)
    }
}

/// What is on every page of users.
pub fn frame(visit: &Visit<'_>) -> Frame {
    Frame::new(visit, Section::Users)
}

/// The list with the form, which may be open.
pub async fn page(
    visit: &Visit<'_>,
    by: &SignedIn,
    frame: Frame,
    form: UserForm,
    status: StatusCode,
) -> Result<Response, Problem> {
    let view = UserListView::of(visit);
    let query = UserQuery {
        page: view.page,
        page_size: PAGE_SIZE,
        search: folded(&view.search),
    };
    let listed = operator(visit, by)?.user_page(query).await;
    let listed = listed.map_err(|error| visit.problem(error))?;
    let own = by.user().id;
    let row = |(index, user): (usize, UserView)| Row {
        number: index + 1,
        is_own: user.id == own,
        account: Account::of(&user, visit.text),
        tokens: address(ALL_TOKENS, &[("owner", &format!("\"{}\"", user.user_name))]),
        password: address("/settings/users/password", &[("user", &user.user_name)]),
        confirm: view.address_about(&user.user_name, path(user.disabled), view.page),
        user_name: user.user_name,
        display_name: user.display_name,
        is_admin: user.is_admin,
        is_disabled: user.disabled,
        created: When::on(user.created_at, &visit.zone, visit.text),
    };
    if status == StatusCode::OK && listed.items.is_empty() && listed.total > 0 {
        return Ok(redirect(&view.address(USERS, 1)));
    }
    let page = UsersPage {
        frame: Frame {
            is_behind: form.is_open,
            ..frame
        },
        text: visit.text,
        suffix: view.address("", view.page),
        pager: Pager::new(view.page, PAGE_SIZE, listed.total, visit.text, |page| {
            view.address(USERS, page)
        }),
        rows: listed.items.into_iter().enumerate().map(row).collect(),
        search: view.search,
        form,
    };
    Ok(render(&page, status))
}

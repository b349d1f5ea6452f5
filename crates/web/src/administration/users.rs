//! Users: adding, disabling, enabling, new passwords.

use std::future::ready;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::list::UserQuery;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::view::UserView;
use ats_pat_service::{Error, NewUser, SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use super::operator;
use super::service_accounts::RESPONSIBLE;
use crate::confirm::ConfirmPage;
use crate::fault::UserErrors;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::{Query, address};
use crate::route::{ALL_TOKENS, Kept, Route, USERS};
use crate::step_up::{self, PasswordField};
use crate::table::{Pager, folded, search_text};
use crate::visit::Visit;
use crate::words::When;

/// The list, and the questions before a user is disabled or enabled.
pub const ROUTES: &[Route] = &[
    Route::page(USERS, |visit, by, _| Box::pin(show(visit, by))).taking_confirmed(
        StepUp::Always,
        |visit, by, _, form| Box::pin(add(visit, by, form)),
        |visit, form| Kept::Page(address_of_form(visit, form)),
    ),
    Route::page(DISABLE, |visit, by, _| {
        Box::pin(ready(confirm(visit, by, false)))
    })
    .taking(
        |visit, by, _, form| Box::pin(disable(visit, by, form)),
        |_, _| Kept::Page(USERS.to_owned()),
    ),
    Route::page(ENABLE, |visit, by, _| {
        Box::pin(ready(confirm(visit, by, true)))
    })
    .taking(
        |visit, by, _, form| Box::pin(enable(visit, by, form)),
        |_, _| Kept::Page(USERS.to_owned()),
    ),
];

const DISABLE: &str = "/settings/users/disable";
const ENABLE: &str = "/settings/users/enable";

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

/// What is asked before a user is enabled, or disabled.
fn question(user_name: &str, is_disabled: bool, text: Text) -> String {
    if is_disabled {
        text.users_enable_question(user_name)
    } else {
        text.users_disable_question(user_name)
    }
}

fn consequence(is_disabled: bool, text: Text) -> &'static str {
    if is_disabled {
        text.users_enable_consequence()
    } else {
        text.users_disable_consequence()
    }
}

/// The form for a new user, as it was typed, and what was wrong.
#[derive(Default)]
struct UserForm {
    user_name: String,
    display_name: String,
    is_admin: bool,
    errors: UserErrors,
    is_open: bool,
    /// The administrator's own password, where the sign-in is too old.
    step_up: Option<PasswordField>,
}

impl UserForm {
    /// One in which nothing was typed.
    fn empty(visit: &Visit<'_>, by: &SignedIn) -> Self {
        Self {
            step_up: PasswordField::shown(visit, by, StepUp::Always),
            ..Self::default()
        }
    }

    /// Whether it is shown again for the administrator's password alone.
    fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }
}

struct UserListView {
    search: String,
    page: u32,
}

impl UserListView {
    fn of(visit: &Visit<'_>) -> Self {
        let query = Query::of(&visit.uri);
        let page = query.get("page").and_then(|page| page.parse().ok());
        Self {
            search: search_text(&query, "search"),
            page: page.filter(|page| *page > 0).unwrap_or(1),
        }
    }

    fn address(&self, path: &str, page: u32) -> String {
        self.address_about("", path, page)
    }

    /// The same, about a user.
    fn address_about(&self, user_name: &str, path: &str, page: u32) -> String {
        let page = if page == 1 {
            String::new()
        } else {
            page.to_string()
        };
        address(
            path,
            &[
                ("user", user_name),
                ("search", &self.search),
                ("page", &page),
            ],
        )
    }
}

/// Where the form is shown again as it was posted, without its passwords.
fn address_of_form(visit: &Visit<'_>, form: &Form) -> String {
    address(
        USERS,
        &[
            ("add", "yes"),
            ("user_name", form.field("user_name")),
            ("display_name", form.field("display_name")),
            ("is_admin", form.field("is_admin")),
            ("search", &UserListView::of(visit).search),
        ],
    )
}

/// The list.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let text = |name| query.get(name).unwrap_or_default().to_owned();
    let form = UserForm {
        user_name: text("user_name"),
        display_name: text("display_name"),
        is_admin: query.get("is_admin") == Some("yes"),
        errors: UserErrors::default(),
        is_open: query.get("add") == Some("yes"),
        ..UserForm::empty(visit, by)
    };
    page(visit, by, frame(visit), form, StatusCode::OK).await
}

/// Adds a user.
async fn add(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let (user_name, display_name) = (form.field("user_name"), form.field("display_name").trim());
    let is_admin = form.field("is_admin") == "yes";
    let typed = |errors| UserForm {
        user_name: user_name.to_owned(),
        display_name: display_name.to_owned(),
        is_admin,
        errors,
        is_open: true,
        ..UserForm::empty(visit, by)
    };
    if let Some(refused) = &visit.unconfirmed {
        let form = UserForm {
            step_up: PasswordField::refused(visit, by, StepUp::Always, refused),
            ..typed(UserErrors::default())
        };
        let shown_again = page(visit, by, frame(visit), form, status(refused)).await?;
        return Ok(step_up::answer(shown_again, refused));
    }
    let password = form.field("password");
    if password != form.field("password_repeat") {
        let form = typed(UserErrors::not_repeated(visit.text));
        return page(visit, by, frame(visit), form, StatusCode::BAD_REQUEST).await;
    }
    let new = NewUser {
        name: user_name.to_owned(),
        id: None,
        display_name: (!display_name.is_empty()).then(|| display_name.to_owned()),
        email: None,
        administrator: is_admin,
        password: Some(SecretString::from(password)),
    };
    let added = operator.add_user(new).await;
    match added.map_err(|error| visit.problem(error)) {
        Ok(added) => Ok(done(visit, &Flash::UserAdded(added.user_name))),
        Err(refused @ (Problem::SignInRequired | Problem::Forbidden)) => Err(refused),
        Err(refused) => {
            let form = typed(UserErrors::of(&refused, visit.text));
            let status = status(&refused);
            let mut response = page(visit, by, frame(visit), form, status).await?;
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

/// Asks whether to enable a user, or to disable one.
fn confirm(visit: &Visit<'_>, by: &SignedIn, enables: bool) -> Result<Response, Problem> {
    operator(visit, by)?;
    let query = Query::of(&visit.uri);
    let Some(user_name) = query.get("user") else {
        return Ok(redirect(USERS));
    };
    let view = UserListView::of(visit);
    let page = ConfirmPage {
        frame: frame(visit),
        text: visit.text,
        question: question(user_name, enables, visit.text),
        consequence: consequence(enables, visit.text),
        action: view.address(path(enables), view.page),
        field: Some(("user_name", user_name.to_owned())),
        is_danger: !enables,
        back: view.address(USERS, view.page),
    };
    Ok(page.answer())
}

const fn path(enables: bool) -> &'static str {
    if enables { ENABLE } else { DISABLE }
}

/// Keeps a user out.
async fn disable(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let name = form.field("user_name");
    let operator = operator(visit, by)?;
    let user = match operator.disable_user(name).await {
        Ok(user) => user,
        Err(error) => return refuse(visit, by, error).await,
    };
    let accounts = operator.managed_by(user.id).await;
    // The user is disabled, whatever comes of this; what failed is in the log.
    let accounts = accounts.map_err(|error| visit.problem(error));
    let flash = if accounts.is_ok_and(|accounts| !accounts.is_empty()) {
        Flash::ResponsibleDisabled
    } else {
        Flash::UserDisabled
    };
    Ok(done(visit, &flash(user.user_name)))
}

/// Lets a user in again.
async fn enable(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let name = form.field("user_name");
    match operator(visit, by)?.enable_user(name).await {
        Ok(user) => Ok(done(visit, &Flash::UserEnabled(user.user_name))),
        Err(error) => refuse(visit, by, error).await,
    }
}

fn done(visit: &Visit<'_>, flash: &Flash) -> Response {
    let view = UserListView::of(visit);
    let mut response = redirect(&view.address(USERS, view.page));
    flash.put(visit.settings, &mut response);
    response
}

/// The list, and above it why nothing was done.
async fn refuse(visit: &Visit<'_>, by: &SignedIn, error: Error) -> Result<Response, Problem> {
    let (alert, status) = match error {
        Error::OwnAccount => (
            visit.text.users_not_yourself().to_owned(),
            StatusCode::CONFLICT,
        ),
        Error::UserNotFound { name } => (visit.text.no_such_user(name), StatusCode::NOT_FOUND),
        other => return Err(visit.problem(other)),
    };
    let frame = frame(visit).refusing(alert);
    let form = UserForm::empty(visit, by);
    page(visit, by, frame, form, status).await
}

fn frame(visit: &Visit<'_>) -> Frame {
    Frame::new(visit, Section::Users)
}

async fn page(
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

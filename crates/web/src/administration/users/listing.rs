//! The list of users.

use askama::Template;
use ats_pat_domain::list::UserQuery;
use ats_pat_domain::{DisabledBy, DisabledMarks, Problem};
use ats_pat_service::SignedIn;
use ats_pat_service::view::UserView;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::edit_form::EditForm;
use super::form::UserForm;
use super::question::Act;
use super::view::UserListView;
use crate::administration::operator;
use crate::administration::service_accounts::RESPONSIBLE;
use crate::page::{Frame, Section, redirect, render};
use crate::query::address;
use crate::route::{ALL_TOKENS, USERS};
use crate::table::{Badge, Pager, folded};
use crate::visit::Visit;
use crate::words::When;

/// The kind of an erased user.
const ERASED: &str = "Erased";
/// How many users a page has.
const PAGE_SIZE: u32 = 25;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    text: Text,
    search: String,
    /// The address of this page of the list.
    address: String,
    /// The query of the address with its question mark, or nothing.
    suffix: String,
    rows: Vec<UserRow>,
    pager: Pager,
    form: UserForm,
    /// The form for an existing user, if it is open.
    edit: Option<EditForm>,
}

struct UserRow {
    number: usize,
    id: String,
    /// What the administrator can do to the user, and the paths of the questions.
    acts: Vec<(Act, String)>,
    email: Option<String>,
    is_erased: bool,
    user_name: String,
    display_name: String,
    is_admin: bool,
    status: Badge,
    /// What only a service account has. `None` for a person.
    account: Option<Account>,
    /// Whether the user is the administrator who reads the page.
    is_own: bool,
    created: When,
    /// The path of the user's tokens.
    tokens: String,
    /// The path of the form for a new password.
    password: String,
}

/// What only a service account has.
struct Account {
    /// The name of the responsible person.
    responsible: String,
    /// The path of the form that sets another person.
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

impl UsersPage {
    /// The first row that this act is possible for. The dialog asks about it until the person opens
    /// it from another row.
    fn first(&self, act: Act) -> Option<(&UserRow, &str)> {
        self.rows.iter().find_map(|row| {
            let mut acts = row.acts.iter();
            let (_, address) = acts.find(|(offered, _)| *offered == act)?;
            Some((row, address.as_str()))
        })
    }

    /// The element that gets the focus when the form is closed.
    fn opener(&self, edit: &EditForm) -> String {
        let row = self.rows.iter().find(|row| row.id == edit.id);
        row.map_or_else(|| "add".to_owned(), |row| format!("a{}", row.number))
    }
}

/// What the administrator who reads the page can do to a user.
fn acts(user: &UserView, is_own: bool) -> Vec<Act> {
    Act::ALL
        .into_iter()
        .filter(|act| match act {
            Act::RevokeTokens => true,
            Act::Disable => !user.disabled && !is_own,
            Act::Enable => user.disabled,
        })
        .filter(|_| user.kind != ERASED)
        .collect()
}

fn status_of(user: &UserView, text: Text) -> Badge {
    let (class, words) = if user.kind == ERASED {
        ("expired", text.users_erased())
    } else if user.disabled {
        ("revoked", text.users_disabled())
    } else {
        ("active", text.users_enabled())
    };
    let of_administrator = DisabledMarks::of(DisabledBy::Administrator);
    let is_of_others = user.disabled_by.any() && user.disabled_by != of_administrator;
    let words = if user.kind != ERASED && is_of_others {
        let parties = user.disabled_by.parties().map(|party| match party {
            DisabledBy::Administrator => text.users_party_administrator(),
            DisabledBy::Scim => text.users_party_directory(),
            DisabledBy::Provider => text.users_party_provider(),
        });
        text.users_disabled_by(parties.collect::<Vec<_>>().join(", "))
    } else {
        words.to_owned()
    };
    Badge { class, text: words }
}

/// The frame of every page about users.
pub fn frame(visit: &Visit<'_>) -> Frame {
    Frame::new(visit, Section::Users)
}

/// The list with the form for a new user, which may be open.
pub async fn page(
    visit: &Visit<'_>,
    by: &SignedIn,
    frame: Frame,
    form: UserForm,
    status: StatusCode,
) -> Result<Response, Problem> {
    write(visit, by, frame, (form, None), status).await
}

/// The list with the form for an existing user.
pub async fn page_editing(
    visit: &Visit<'_>,
    by: &SignedIn,
    edit: EditForm,
    status: StatusCode,
) -> Result<Response, Problem> {
    let forms = (UserForm::empty(visit, by), Some(edit));
    write(visit, by, frame(visit), forms, status).await
}

/// The list, with a message above it that there is no such user.
///
/// # Errors
/// Every other refusal.
pub async fn refuse(
    visit: &Visit<'_>,
    by: &SignedIn,
    refused: Problem,
) -> Result<Response, Problem> {
    if refused != Problem::UserNotFound {
        return Err(refused);
    }
    let frame = frame(visit).refusing(visit.text.users_gone());
    let form = UserForm::empty(visit, by);
    page(visit, by, frame, form, StatusCode::NOT_FOUND).await
}

async fn write(
    visit: &Visit<'_>,
    by: &SignedIn,
    frame: Frame,
    (form, edit): (UserForm, Option<EditForm>),
    status: StatusCode,
) -> Result<Response, Problem> {
    let view = UserListView::of(visit);
    let query = UserQuery {
        page: view.page,
        page_size: PAGE_SIZE,
        search: folded(&view.search),
        ..UserQuery::default()
    };
    let listed = operator(visit, by)?.user_page(query).await;
    let listed = listed.map_err(|error| visit.problem(error))?;
    let own = by.user().id;
    let row = |(index, user): (usize, UserView)| UserRow {
        number: index + 1,
        is_own: user.id == own,
        acts: acts(&user, user.id == own)
            .into_iter()
            .map(|act| {
                let address = view.address_about(&user.user_name, act.path(), view.page);
                (act, address)
            })
            .collect(),
        id: user.id.to_string(),
        is_erased: user.kind == ERASED,
        status: status_of(&user, visit.text),
        account: Account::of(&user, visit.text),
        tokens: address(ALL_TOKENS, &[("owner", &format!("\"{}\"", user.user_name))]),
        password: address("/settings/users/password", &[("user", &user.user_name)]),
        user_name: user.user_name,
        display_name: user.display_name,
        email: user.email,
        is_admin: user.is_admin,
        created: When::on(user.created_at, &visit.zone, visit.text),
    };
    if status == StatusCode::OK && listed.items.is_empty() && listed.total > 0 {
        return Ok(redirect(&view.address(USERS, 1)));
    }
    let page = UsersPage {
        frame: Frame {
            is_behind: form.is_open || edit.is_some(),
            ..frame
        },
        text: visit.text,
        suffix: view.address("", view.page),
        pager: Pager::new(view.page, PAGE_SIZE, listed.total, visit.text, |page| {
            view.address(USERS, page)
        }),
        rows: listed.items.into_iter().enumerate().map(row).collect(),
        address: view.address(USERS, view.page),
        search: view.search,
        form,
        edit,
    };
    Ok(render(&page, status))
}

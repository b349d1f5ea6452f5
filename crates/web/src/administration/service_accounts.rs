//! Adding a service account, and setting the person responsible for one.

use std::future::ready;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{Error, NewServiceAccount, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::operator;
use crate::fault::UserErrors;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::{Query, address};
use crate::route::{Kept, Route, USERS};
use crate::visit::Visit;

/// The form for a new service account, and the one that changes an account.
pub const ROUTES: &[Route] = &[
    Route::page(NEW, |visit, by, _| Box::pin(ready(show(visit, by)))).taking(
        |visit, by, _, form| Box::pin(add(visit, by, form)),
        |_, form| Kept::Page(Typed::of(|name| form.field(name)).address(NEW)),
    ),
    Route::page(RESPONSIBLE, |visit, by, _| {
        Box::pin(ready(show_responsible(visit, by)))
    })
    .taking(
        |visit, by, _, form| Box::pin(set_responsible(visit, by, form)),
        |_, form| Kept::Page(Typed::of(|name| form.field(name)).address(RESPONSIBLE)),
    ),
];

const NEW: &str = "/settings/users/new-service-account";
/// The path of the form that sets the responsible person of the account in the address.
pub const RESPONSIBLE: &str = "/settings/users/responsible";

/// The entries of a form.
struct Typed {
    /// The existing account, if there is one.
    user: String,
    user_name: String,
    display_name: String,
    responsible: String,
}

impl Typed {
    fn of<'a>(field: impl Fn(&str) -> &'a str) -> Self {
        let field = |name| field(name).trim().to_owned();
        Self {
            user: field("user"),
            user_name: field("user_name"),
            display_name: field("display_name"),
            responsible: field("responsible"),
        }
    }

    fn in_address(visit: &Visit<'_>) -> Self {
        let query = Query::of(&visit.uri);
        Self::of(|name| query.get(name).unwrap_or_default())
    }

    fn address(&self, path: &str) -> String {
        let fields = [
            ("user", self.user.as_str()),
            ("user_name", &self.user_name),
            ("display_name", &self.display_name),
            ("responsible", &self.responsible),
        ];
        address(path, &fields)
    }
}

#[derive(Template)]
#[template(path = "service_account.html")]
struct AccountPage {
    frame: Frame,
    text: Text,
    /// The path that the form is posted to.
    action: &'static str,
    title: String,
    /// Whether the form adds an account.
    is_new: bool,
    typed: Typed,
    errors: UserErrors,
}

impl AccountPage {
    fn new(visit: &Visit<'_>, typed: Typed, errors: UserErrors) -> Self {
        let (frame, text) = (Frame::new(visit, Section::Users), visit.text);
        let is_new = typed.user.is_empty();
        Self {
            frame,
            text,
            action: if is_new { NEW } else { RESPONSIBLE },
            title: if is_new {
                text.users_new_service_account().to_owned()
            } else {
                text.responsible_title(&typed.user)
            },
            is_new,
            typed,
            errors,
        }
    }

    fn answer(&self) -> Response {
        render(self, StatusCode::OK)
    }
}

/// The form for a new account.
fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    operator(visit, by)?;
    let typed = Typed {
        user: String::new(),
        ..Typed::in_address(visit)
    };
    Ok(AccountPage::new(visit, typed, UserErrors::default()).answer())
}

/// The form for another responsible person.
fn show_responsible(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    operator(visit, by)?;
    let typed = Typed::in_address(visit);
    if typed.user.is_empty() {
        return Ok(redirect(USERS));
    }
    Ok(AccountPage::new(visit, typed, UserErrors::default()).answer())
}

/// Adds the account, or shows the form again with the errors.
async fn add(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let typed = Typed {
        user: String::new(),
        ..Typed::of(|name| form.field(name))
    };
    let new = NewServiceAccount {
        name: typed.user_name.clone(),
        id: None,
        display_name: Some(typed.display_name.clone()).filter(|name| !name.is_empty()),
        email: None,
        responsible: typed.responsible.clone(),
    };
    match operator(visit, by)?.add_service_account(new).await {
        Ok(added) => Ok(done(visit, &Flash::ServiceAccountAdded(added.user_name))),
        Err(error) => refuse(visit, typed, error),
    }
}

/// Makes another person responsible.
async fn set_responsible(
    visit: &Visit<'_>,
    by: &SignedIn,
    form: &Form,
) -> Result<Response, Problem> {
    let typed = Typed::of(|name| form.field(name));
    let operator = operator(visit, by)?;
    match operator
        .set_responsible(&typed.user, &typed.responsible)
        .await
    {
        Ok(account) => Ok(done(visit, &Flash::ResponsibleSet(account.user_name))),
        Err(error) => refuse(visit, typed, error),
    }
}

fn done(visit: &Visit<'_>, flash: &Flash) -> Response {
    let mut response = redirect(USERS);
    flash.put(visit.settings, &mut response);
    response
}

/// The form as it was sent, with its errors.
fn refuse(visit: &Visit<'_>, typed: Typed, error: Error) -> Result<Response, Problem> {
    let text = visit.text;
    let at_person = |words| UserErrors {
        responsible: Some(words),
        ..UserErrors::default()
    };
    let (errors, status) = match error {
        Error::UserNotFound { name } if name == typed.responsible => {
            (at_person(text.no_such_user(name)), StatusCode::NOT_FOUND)
        }
        Error::UserNotFound { name } => (
            UserErrors::whole(text.no_such_user(name)),
            StatusCode::NOT_FOUND,
        ),
        Error::CannotBeResponsible { name } => (
            at_person(text.responsible_refused(name)),
            StatusCode::CONFLICT,
        ),
        Error::NoServiceAccount { name } => (
            UserErrors::whole(text.user_is_no_service_account(name)),
            StatusCode::CONFLICT,
        ),
        error => {
            let refused = visit.problem(error);
            if matches!(refused, Problem::SignInRequired | Problem::Forbidden) {
                return Err(refused);
            }
            let page = AccountPage::new(visit, typed, UserErrors::of(&refused, text));
            let mut response = render(&page, status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            return Ok(response);
        }
    };
    Ok(render(&AccountPage::new(visit, typed, errors), status))
}

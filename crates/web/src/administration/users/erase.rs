//! Erasing the personal details of a user, after a question.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::status;
use ats_pat_service::view::UserView;
use ats_pat_service::{SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::edit::living;
use super::listing::{frame, refuse};
use super::view::{UserListView, done};
use crate::administration::operator;
use crate::flash::Flash;
use crate::page::{Frame, Section, render};
use crate::route::USERS;
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "user_erase.html")]
struct ErasePage {
    frame: Frame,
    text: Text,
    question: String,
    action: String,
    is_danger: bool,
    back: String,
    /// The field for the administrator's own password, if the sign-in is too old.
    step_up: Option<PasswordField>,
}

impl ErasePage {
    fn new(visit: &Visit<'_>, user: &UserView, step_up: Option<PasswordField>) -> Self {
        let view = UserListView::of(visit);
        Self {
            frame: frame(visit),
            text: visit.text,
            question: visit.text.users_erase_question(&user.user_name),
            action: view.address(visit.uri.path(), view.page),
            is_danger: true,
            back: view.address(USERS, view.page),
            step_up,
        }
    }
}

/// Asks whether to erase a user.
pub async fn ask(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let user = match living(visit, by, id).await {
        Ok(user) => user,
        Err(refused) => return refuse(visit, by, refused).await,
    };
    let asked = PasswordField::shown(visit, by, StepUp::Always);
    Ok(render(&ErasePage::new(visit, &user, asked), StatusCode::OK))
}

/// Erases a user's personal details, or asks for the administrator's password once more.
pub async fn erase(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let user = match living(visit, by, id).await {
        Ok(user) => user,
        Err(refused) => return refuse(visit, by, refused).await,
    };
    let ask_again = |refused: &Problem| {
        let asked = PasswordField::refused(visit, by, StepUp::Always, refused);
        let shown_again = render(&ErasePage::new(visit, &user, asked), status(refused));
        Ok(step_up::answer(shown_again, refused))
    };
    if let Some(refused) = &visit.unconfirmed {
        return ask_again(refused);
    }
    let erased = operator(visit, by)?.erase_user(user.id).await;
    match erased.map_err(|error| visit.problem(error)) {
        Ok(_) => Ok(done(visit, &Flash::UserErased)),
        Err(refused @ Problem::RecentSignInRequired { .. }) => ask_again(&refused),
        Err(refused @ Problem::UserNotFound) => refuse(visit, by, refused).await,
        Err(refused) => Err(refused),
    }
}

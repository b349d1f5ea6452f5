//! The first administrator, made through the one-time link that the server printed.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::Error;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use crate::fault::UserErrors;
use crate::form::Form;
use crate::page::{Frame, Section, render};
use crate::route::Route;
use crate::visit::Visit;

/// The page that a set-up link leads to.
pub const ROUTES: &[Route] = &[Route::open("/setup", |visit| Box::pin(show(visit)))
    .taking_from_anybody(|visit, form| Box::pin(take(visit, form)))];

/// The form, and what was wrong with it the last time. The code stands in the link's fragment,
/// which browsers send to nobody; a script fills it in.
#[derive(Template)]
#[template(path = "setup.html")]
struct SetUpPage<'a> {
    frame: Frame,
    text: Text,
    code: &'a str,
    user_name: &'a str,
    errors: UserErrors,
}

/// The administrator is there.
#[derive(Template)]
#[template(path = "setup_done.html")]
struct SetUpDone {
    frame: Frame,
    text: Text,
    user_name: String,
}

/// There is an administrator already: nothing is to be set up.
#[derive(Template)]
#[template(path = "set_up_already.html")]
struct SetUpAlready {
    frame: Frame,
    text: Text,
}

/// The empty form, while there is no administrator.
async fn show(visit: &Visit<'_>) -> Result<Response, Problem> {
    let is_set_up = visit.service.is_set_up().await;
    if is_set_up.map_err(|error| visit.problem(error))? {
        let page = SetUpAlready {
            frame: Frame::new(visit, Section::None),
            text: visit.text,
        };
        return Ok(render(&page, StatusCode::OK));
    }
    let page = SetUpPage {
        frame: frame(visit),
        text: visit.text,
        code: "",
        user_name: "",
        errors: UserErrors::default(),
    };
    Ok(render(&page, StatusCode::OK))
}

/// Takes the posted form.
async fn take(visit: &Visit<'_>, form: &Form) -> Result<Response, Problem> {
    let (code, user_name) = (form.field("code").trim(), form.field("user_name"));
    let again = |errors, status| {
        let page = SetUpPage {
            frame: frame(visit),
            text: visit.text,
            code,
            user_name,
            errors,
        };
        render(&page, status)
    };
    if form.field("password") != form.field("password_repeat") {
        return Ok(again(
            UserErrors::not_repeated(visit.text),
            StatusCode::BAD_REQUEST,
        ));
    }
    let password = SecretString::from(form.field("password"));
    let address = visit.context.address();
    let made = visit
        .service
        .set_up(code, user_name, &password, address)
        .await;
    match made {
        Ok(user) => {
            let page = SetUpDone {
                frame: Frame::new(visit, Section::None),
                text: visit.text,
                user_name: user.user_name,
            };
            Ok(render(&page, StatusCode::OK))
        }
        Err(Error::SetupCodeInvalid) => {
            let errors = UserErrors {
                code: Some(visit.text.set_up_code_invalid().to_owned()),
                ..UserErrors::default()
            };
            Ok(again(errors, StatusCode::FORBIDDEN))
        }
        Err(error) => {
            let refused = visit.problem(error);
            let mut response = again(UserErrors::of(&refused, visit.text), status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

fn frame(visit: &Visit<'_>) -> Frame {
    Frame::new(visit, Section::None).with_script(visit.shared.assets.address("setup.js"))
}

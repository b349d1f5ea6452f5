//! The first administrator, made through the one-time link that the server printed.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_http::{Challenge, HttpSettings, RequestContext, problem_headers, status};
use ats_pat_service::{Error, Service};
use poem::http::StatusCode;
use poem::{Request, Response};
use secrecy::SecretString;

use crate::form::Form;
use crate::page::{problem, render};

/// The page; the code stands in the link's fragment, which browsers send to nobody.
pub const PATH: &str = "/setup";

/// The form, and what was wrong with it the last time.
#[derive(Default, Template)]
#[template(path = "setup.html")]
struct SetupForm<'a> {
    alerts: Vec<String>,
    code: &'a str,
    user_name: &'a str,
}

/// The administrator is there.
#[derive(Template)]
#[template(path = "setup_done.html")]
struct SetupDone {
    user_name: String,
}

/// The empty form. The little script fills in the code.
pub fn show() -> Response {
    render(&SetupForm::default(), StatusCode::OK)
}

/// Takes the posted form.
pub async fn take(
    service: &Service,
    settings: &HttpSettings,
    request: &mut Request,
    context: &RequestContext,
) -> Response {
    let form = match Form::read(request, settings).await {
        Ok(form) => form,
        Err(refused) => return problem(&refused),
    };
    let (code, user_name) = (form.field("code").trim(), form.field("user_name"));
    if form.field("password") != form.field("password_repeat") {
        let alerts = vec!["The two passwords are not the same.".to_owned()];
        return render(
            &SetupForm {
                alerts,
                code,
                user_name,
            },
            StatusCode::BAD_REQUEST,
        );
    }
    let password = SecretString::from(form.field("password"));
    match service
        .set_up(code, user_name, &password, context.address())
        .await
    {
        Ok(user) => render(
            &SetupDone {
                user_name: user.user_name,
            },
            StatusCode::OK,
        ),
        Err(error @ Error::SetupCodeInvalid) => render(
            &SetupForm {
                alerts: vec![sentence(&error.to_string())],
                code: "",
                user_name,
            },
            StatusCode::FORBIDDEN,
        ),
        Err(error) => {
            let refused = error.into_problem(context.request_id());
            let mut response = render(
                &SetupForm {
                    alerts: alerts(&refused),
                    code,
                    user_name,
                },
                status(&refused),
            );
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            response
        }
    }
}

/// What to tell a person.
fn alerts(problem: &Problem) -> Vec<String> {
    match problem {
        Problem::ValidationFailed(failures) => failures.iter().map(alert).collect(),
        other => vec![other.message()],
    }
}

fn alert(failure: &Failure) -> String {
    let field = if failure.field == "UserName" {
        "user name"
    } else {
        "password"
    };
    match failure.reason {
        Reason::Empty | Reason::Required => format!("Enter a {field}."),
        Reason::TooLong => format!("The {field} is too long."),
        Reason::TooShort => format!("The {field} is too short: take at least 12 characters."),
        Reason::TooCommon => format!("The {field} is too easily guessed: take another."),
        _ => format!("The {field} has characters that are not allowed."),
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), chars.as_str())
    })
}

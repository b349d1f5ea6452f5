//! How a page is written.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};

/// Writes a template as a page.
pub fn render(template: &impl Template, status: StatusCode) -> Response {
    let Ok(html) = template.render() else {
        // Writing to memory does not fail.
        return StatusCode::INTERNAL_SERVER_ERROR.into();
    };
    let mut response = Response::from(html);
    response.set_status(status);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message {
    /// Its status.
    pub status: StatusCode,
    /// Its heading.
    pub title: &'static str,
    /// What it says.
    pub text: String,
}

impl Message {
    /// Where nothing is.
    pub fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            title: "Page not found",
            text: "There is no page at this address.".to_owned(),
        }
    }

    /// A mistake of ours.
    pub fn defect(request_id: &str) -> Self {
        let problem = Problem::InternalError {
            request_id: request_id.to_owned(),
        };
        Self {
            status: status(&problem),
            title: "Something went wrong",
            text: problem.message(),
        }
    }

    /// The page.
    pub fn page(self) -> Response {
        render(&self, self.status)
    }
}

/// A page about a problem that has no page of its own.
pub fn problem(problem: &Problem) -> Response {
    let message = Message {
        status: status(problem),
        title: "Not done",
        text: problem.message(),
    };
    let mut response = message.page();
    problem_headers(problem, Challenge::Session, response.headers_mut());
    response
}

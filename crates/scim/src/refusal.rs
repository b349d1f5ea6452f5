//! How SCIM says no (RFC 7644, section 3.12).

use ats_pat_domain::Problem;
use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_http::{Challenge, RequestContext, problem_headers, status};
use ats_pat_service::Error;
use ats_pat_text::Text;
use poem::Response;
use poem::http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::answer::answer;

/// The URN of the form of errors.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Why a request is not answered with success.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    scim_type: Option<&'static str>,
    detail: String,
    headers: Box<HeaderMap>,
}

impl Refusal {
    fn new(status: StatusCode, scim_type: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type,
            detail: detail.into(),
            headers: Box::default(),
        }
    }

    fn bad_request(scim_type: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(scim_type), detail)
    }

    /// The body is not as SCIM writes it.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad_request("invalidSyntax", detail)
    }

    /// A value is missing, or not allowed.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad_request("invalidValue", detail)
    }

    /// The path of a change is malformed, or leads nowhere.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::bad_request("invalidPath", detail)
    }

    /// An operation has no path, and needs one.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad_request("noTarget", detail)
    }

    /// The filter is malformed, or compares what can't be compared here.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::bad_request("invalidFilter", detail)
    }

    /// The value can't be changed.
    pub fn immutable(detail: impl Into<String>) -> Self {
        Self::bad_request("mutability", detail)
    }

    /// There is nothing at this path.
    pub fn not_found() -> Self {
        Self::of_directory(&DirectoryRefusal::NotFound)
    }

    /// SCIM has it, and this service has not (RFC 7644, section 3.12).
    pub fn not_implemented() -> Self {
        let detail = "This service has no such operation: look at ServiceProviderConfig.";
        Self::new(StatusCode::NOT_IMPLEMENTED, None, detail)
    }

    /// What a use case said. What is no refusal is logged under the request's id.
    pub fn of_use_case(error: Error, context: &RequestContext) -> Self {
        match error {
            Error::Directory(refusal) => Self::of_directory(&refusal),
            error => error.into_problem(context.request_id()).into(),
        }
    }

    fn of_directory(refusal: &DirectoryRefusal) -> Self {
        let (status, scim_type) = match refusal {
            DirectoryRefusal::NotFound => (StatusCode::NOT_FOUND, None),
            DirectoryRefusal::Taken { .. } => (StatusCode::CONFLICT, Some("uniqueness")),
            DirectoryRefusal::Immutable { .. } => (StatusCode::BAD_REQUEST, Some("mutability")),
            DirectoryRefusal::Invalid { .. }
            | DirectoryRefusal::NoMember
            | DirectoryRefusal::TooManyGroups => (StatusCode::BAD_REQUEST, Some("invalidValue")),
            DirectoryRefusal::Changed => (StatusCode::PRECONDITION_FAILED, None),
        };
        let mut detail = refusal.to_string();
        detail[..1].make_ascii_uppercase();
        Self::new(status, scim_type, format!("{detail}."))
    }

    /// The refusal as RFC 7644, section 3.12, has it.
    pub fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": [ERROR],
            "status": self.status.as_u16().to_string(),
            "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = json!(scim_type);
        }
        let mut response = answer(self.status, &body);
        response.headers_mut().extend(*self.headers);
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let scim_type = match &problem {
            Problem::InvalidRequest { .. } | Problem::NotUtf8 => Some("invalidSyntax"),
            _ => None,
        };
        let detail = problem.message(Text::ENGLISH);
        let mut refusal = Self::new(status(&problem), scim_type, detail);
        problem_headers(&problem, Challenge::Bearer, &mut refusal.headers);
        refusal
    }
}

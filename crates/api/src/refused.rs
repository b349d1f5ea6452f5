//! How a handler refuses a request.

use ats_pat_domain::Problem;
use ats_pat_service::Error;
use poem::http::StatusCode;
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type as _;

use crate::answer::{content, register_envelope};
use crate::schema::Nothing;

/// Why a request fails. The front layer turns it into an envelope.
#[derive(Debug)]
pub enum Refused {
    /// The request breaks a rule, or a use case failed.
    Because(Error),
    /// The service has a defect.
    Defect(&'static str),
    /// The framework refused a request that the front layer accepted.
    Framework(poem::Error),
}

impl Refused {
    /// The problem for the answer. An internal error is logged with `request_id`.
    pub fn into_problem(self, request_id: &str) -> Problem {
        match self {
            Self::Because(error) => error.into_problem(request_id),
            Self::Defect(what) => {
                tracing::error!(request_id, what, "a defect");
                Problem::InternalError {
                    request_id: request_id.to_owned(),
                }
            }
            // The text comes from the parser, so it is not sent.
            Self::Framework(error) => {
                tracing::error!(request_id, %error, "the framework refused what the front layer had passed");
                Problem::InternalError {
                    request_id: request_id.to_owned(),
                }
            }
        }
    }

    /// Takes the refusal out of an error of the framework.
    pub fn of(error: poem::Error) -> Self {
        error.downcast().unwrap_or_else(Self::Framework)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Because(error) => error.fmt(f),
            Self::Defect(what) => f.write_str(what),
            Self::Framework(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Because(problem.into())
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Because(error)
    }
}

impl From<Refused> for poem::Error {
    fn from(refused: Refused) -> Self {
        // This status is never sent. The front layer uses the problem's status.
        Self::new(refused, StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The name of the schema of a refusal's envelope.
const ENVELOPE: &str = "ErrorEnvelope";

impl ApiResponse for Refused {
    /// One answer for every status. Later, the document replaces it by the refusals of each
    /// operation.
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Refused",
                status: None,
                status_range: None,
                content: vec![content(ENVELOPE.to_owned())],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        let says = "The answer of a refusal.";
        register_envelope(registry, ENVELOPE.to_owned(), says, Nothing::schema_ref());
    }
}

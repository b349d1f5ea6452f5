//! How a handler says no.

use ats_pat_domain::Problem;
use ats_pat_service::Error;
use poem::http::StatusCode;
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type as _;

use crate::answer::{content, register_envelope};
use crate::schema::Nothing;

/// Why a request is not answered with success; the front layer turns it into an envelope.
#[derive(Debug)]
pub enum Refused {
    /// By us or by a use case.
    Because(Error),
    /// By a mistake of ours.
    Defect(&'static str),
    /// By the framework, though the front layer had let it pass.
    Framework(poem::Error),
}

impl Refused {
    /// The problem to tell. What is no refusal is logged under `request_id`.
    pub fn into_problem(self, request_id: &str) -> Problem {
        match self {
            Self::Because(error) => error.into_problem(request_id),
            Self::Defect(what) => {
                tracing::error!(request_id, what, "a defect");
                Problem::InternalError {
                    request_id: request_id.to_owned(),
                }
            }
            // Its text is the parser's, and stays here.
            Self::Framework(error) => {
                tracing::error!(request_id, %error, "the framework refused what the front layer had passed");
                Problem::InternalError {
                    request_id: request_id.to_owned(),
                }
            }
        }
    }

    /// What stands in an error of the framework.
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
        // The status is never sent: the front layer has the problem's own.
        Self::new(refused, StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The name of a refusal's envelope in the document.
const ENVELOPE: &str = "ErrorEnvelope";

impl ApiResponse for Refused {
    /// One answer for every status; the document then lists those of each operation.
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

//! The envelope that every answer of the interface stands in.

use ats_pat_text::Text;
use serde::Serialize;

use crate::code::Code;
use crate::problem::Problem;

/// The ATS response envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope<T> {
    /// The result; `null` on an error, and where a success has nothing to say.
    pub data: Option<T>,
    /// One English sentence, empty on success.
    pub error_message: String,
    /// The values that stand in the sentence, in order; `null` where there are none, never `[]`.
    pub error_parameters: Option<Vec<String>>,
    /// 1 on success, else a code of the catalogue.
    pub response_code: u32,
    /// The same values joined by `", "`.
    pub get_error_parameters: String,
}

impl<T> Envelope<T> {
    /// The answer of a success.
    pub fn success(data: T) -> Self {
        Self {
            data: Some(data),
            ..Self::empty()
        }
    }

    /// The answer of a success that has nothing to say.
    pub fn empty() -> Self {
        Self {
            data: None,
            error_message: String::new(),
            error_parameters: None,
            response_code: Code::Success.number(),
            get_error_parameters: String::new(),
        }
    }

    /// The answer of a refusal.
    pub fn problem(problem: &Problem) -> Self {
        let parameters = problem.parameters();
        Self {
            data: None,
            error_message: problem.message(Text::ENGLISH),
            get_error_parameters: parameters.join(", "),
            error_parameters: (!parameters.is_empty()).then_some(parameters),
            response_code: problem.code().number(),
        }
    }
}

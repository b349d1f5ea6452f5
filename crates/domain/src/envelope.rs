//! The envelope of every answer under `/api/`.

use ats_pat_text::Text;
use serde::Serialize;

use crate::code::Code;
use crate::problem::Problem;

/// The ATS response envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope<T> {
    /// The result. It is `null` for a refusal, and for a success without a result.
    pub data: Option<T>,
    /// One English sentence, or empty for a success.
    pub error_message: String,
    /// The values in the sentence, in order. `null` if there are none, never `[]`.
    pub error_parameters: Option<Vec<String>>,
    /// 1 for a success, otherwise the code of the refusal.
    pub response_code: u32,
    /// The same values joined by `", "`.
    pub get_error_parameters: String,
}

impl<T> Envelope<T> {
    /// A success with a result.
    pub fn success(data: T) -> Self {
        Self {
            data: Some(data),
            ..Self::empty()
        }
    }

    /// A success without a result.
    pub fn empty() -> Self {
        Self {
            data: None,
            error_message: String::new(),
            error_parameters: None,
            response_code: Code::Success.number(),
            get_error_parameters: String::new(),
        }
    }

    /// The envelope of a refusal: its sentence, parameters and code.
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

//! The content of the OpenAPI document, in the order of the pages.

mod read;

use ats_pat_text::Text;

use super::prose::Prose;
use super::schema::{Field, Kind, Model};

/// The whole API, as the pages describe it.
pub struct Reference {
    /// What the document says of the API as a whole.
    pub description: Prose,
    /// Its operations by subject, without those of the administration.
    pub groups: Vec<Group>,
    /// The operations of the administration on users.
    pub users: Vec<Group>,
    /// The other operations of the administration.
    pub administration: Vec<Group>,
    /// The answers that all operations have in common. The page shows them once.
    pub answers: Vec<Answer>,
    /// The envelope of every answer.
    pub envelope: Model,
    /// The data types of requests and answers.
    pub models: Vec<Model>,
}

/// The operations of one subject.
pub struct Group {
    /// The subject's tag in the document.
    pub name: String,
    /// The subject in words.
    pub title: String,
    /// The description of the subject.
    pub description: Prose,
    /// The operations in the order of their paths, without those that are like another.
    pub operations: Vec<Operation>,
    /// The operations that differ from another only in the path, in the order of their paths.
    pub like: Vec<Like>,
}

/// An operation that differs from another only in the path. The page describes only the other, to
/// stay small.
pub struct Like {
    /// Its method, in capital letters.
    pub method: String,
    /// Its path, with parameters in the form `{…}`.
    pub path: String,
    /// The id of the other operation.
    pub other: String,
    /// The summary of the other operation.
    pub summary: String,
}

/// One operation of the API.
pub struct Operation {
    /// Its `operationId`, which is also its anchor on the page.
    pub id: String,
    /// Its method, in capital letters.
    pub method: String,
    /// Its path, with parameters in the form `{…}`.
    pub path: String,
    /// What it does, in a few words.
    pub summary: String,
    /// What the document says of it.
    pub description: Prose,
    /// The credential that it requires.
    pub credential: Credential,
    /// Its parameters in path and query.
    pub parameters: Vec<Parameter>,
    /// Its body, if it takes one.
    pub body: Option<Body>,
    /// Its answers, by status.
    pub answers: Vec<Answer>,
    /// The credential that its answer has for the reader: the name of a security scheme, or
    /// `session` if the answer says whose session the browser now has.
    pub brings: &'static str,
}

/// The credential that an operation requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// None: anybody may call it.
    None,
    /// The session of the browser.
    Session,
    /// A personal access token.
    PersonalAccessToken,
    /// An authentication token, as `Authorization: Bearer`.
    Bearer,
}

/// A parameter in path or query.
pub struct Parameter {
    /// The name, as requests write it.
    pub name: String,
    /// Where it is: `path` or `query`.
    pub place: String,
    /// The type of its value.
    pub kind: Kind,
    /// Whether it is required.
    pub is_required: bool,
    /// What the document says of it.
    pub description: Prose,
    /// All possible values, if it is an enumeration.
    pub choices: Vec<String>,
}

impl Group {
    /// Whether an operation of the group requires this credential.
    pub fn asks_for(&self, credential: Credential) -> bool {
        let mut operations = self.operations.iter();
        operations.any(|operation| operation.credential == credential)
    }
}

impl Parameter {
    /// Its place and whether it is required, in words.
    pub fn whereabouts(&self, text: Text) -> &'static str {
        match (self.place.as_str(), self.is_required) {
            ("path", true) => text.docs_in_path_required(),
            ("path", false) => text.docs_in_path(),
            ("query", true) => text.docs_in_query_required(),
            ("query", false) => text.docs_in_query(),
            (_, true) => text.docs_in_header_required(),
            (_, false) => text.docs_in_header(),
        }
    }
}

/// The JSON body of a request.
pub struct Body {
    /// Whether it is required.
    pub is_required: bool,
    /// The fields of its object.
    pub fields: Vec<Field>,
    /// An example with all fields, as HTML.
    pub example: String,
    /// The body that the form begins with. It has only the required fields, and is empty without
    /// any.
    pub start: String,
    /// The fields of `start` that are times, separated by spaces. The page replaces them, because
    /// the times of examples will be in the past.
    pub times: String,
}

/// The answer with one status.
pub struct Answer {
    /// The HTTP status, as digits.
    pub status: String,
    /// What the document says of it.
    pub description: Prose,
    /// The type of `Data`. `None` for a refusal.
    pub data: Option<Kind>,
    /// Its headers with their descriptions.
    pub headers: Vec<(String, Prose)>,
    /// An example of the body of a success, as HTML.
    pub example: Option<String>,
}

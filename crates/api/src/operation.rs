//! What an operation consists of: route, input, answer, and its part of the document.

use std::collections::HashMap;

use ats_pat_domain::Problem;
use poem::endpoint::BoxEndpoint;
use poem::http::{Method, StatusCode};
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::types::Type;
use poem_openapi::{OpenApi, Tags};
use serde::Serialize;
use serde_json::Value;

/// An operation under `/api/`. Its one handler gives its route, its input and its descriptions.
pub trait Operation: OpenApi + Default + 'static {
    /// The result of a success.
    type Data: Data;

    /// The description of a success in the document.
    const SUCCESS: &'static str;
    /// The status of a success.
    const STATUS: StatusCode = StatusCode::OK;
    /// The headers of a success.
    const HEADERS: &'static [Header] = &[];

    /// The operation's own refusals, in the order in which it checks for them.
    fn refusals() -> Vec<Problem>;

    /// The result of the example in the document.
    fn example() -> Value;

    /// The `operationId` of the operation that has the same parameters, body and answers at another
    /// path.
    fn like() -> Option<&'static str> {
        None
    }

    /// The body that it takes, if any.
    fn body() -> Option<Body> {
        None
    }
}

/// The result of an operation, which has an envelope of its own name.
pub trait Data: Type + Serialize + Send + 'static {
    /// The description of the envelope in the document.
    const DESCRIPTION: &'static str;

    /// The envelope's name in the document.
    fn envelope() -> String {
        format!("{}Envelope", Self::name())
    }
}

/// A header of an answer.
pub struct Header {
    /// The header's name, as the document writes it.
    pub name: &'static str,
    /// What its value says, for the document.
    pub description: &'static str,
    /// An example of its value.
    pub example: &'static str,
    /// Whether every success has it.
    pub always: bool,
}

/// What poem-openapi can't know about a body.
pub struct Body {
    /// The name of its schema.
    pub schema: String,
    /// The fields that must be there. poem-openapi believes that all are optional.
    pub required: &'static [&'static str],
    /// The schemas inside it, each with its required fields.
    pub parts: &'static [(&'static str, &'static [&'static str])],
    /// A body that the operation accepts.
    pub example: Value,
}

impl Body {
    /// A body of type `T`.
    pub fn of<T: Type>(required: &'static [&'static str], example: Value) -> Self {
        Self {
            schema: T::name().into_owned(),
            required,
            parts: &[],
            example,
        }
    }

    /// Whether only callers send this schema. The service refuses unknown members in it, and the
    /// document says so. Answers get new members over time, so their schemas stay open.
    pub fn is_sent_only(&self) -> bool {
        self.schema.ends_with("Request")
    }

    /// The required fields of the schema `name`, if it is a schema of this body.
    pub fn required_of(&self, name: &str) -> Option<&'static [&'static str]> {
        let parts = self.parts.iter();
        let part = parts.copied().find(|(part, _)| *part == name);
        let whole = (self.schema == name).then_some(self.required);
        whole.or(part.map(|(_, required)| required))
    }
}

/// The groups of operations in the document.
#[derive(Tags)]
pub enum Tag {
    /// Turn a personal access token into an authentication token, and see what that says.
    Exchange,
    /// Sign in and out.
    Session,
    /// Manage your personal access tokens.
    PersonalAccessToken,
    /// Manage the personal access tokens of the service accounts that you are responsible for.
    ServiceAccount,
    /// Administer the service: in an administrator's session, or by a program with an operator key,
    /// which it sends as `Authorization: Bearer`.
    Administration,
}

/// The handlers by path and method.
pub type Routes = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

/// An [`Operation`] as a value.
pub struct Entry {
    /// Its route, as poem-openapi describes it.
    pub meta: fn() -> Vec<MetaApi>,
    /// Adds its schemas to the document.
    pub register: fn(&mut Registry),
    /// Adds the handlers of its route.
    pub add_routes: fn(&mut Routes),
    /// As [`Operation::refusals`] of the operation.
    pub refusals: fn() -> Vec<Problem>,
    /// As [`Operation::example`] of the operation.
    pub example: fn() -> Value,
    /// As [`Operation::like`] of the operation.
    pub like: fn() -> Option<&'static str>,
    /// As [`Operation::body`] of the operation.
    pub body: fn() -> Option<Body>,
    /// As [`Operation::HEADERS`] of the operation.
    pub headers: &'static [Header],
}

impl Entry {
    /// What the table of operations says of `O`.
    pub const fn of<O: Operation>() -> Self {
        Self {
            meta: O::meta,
            register: O::register,
            add_routes: |routes| O::default().add_routes(routes),
            refusals: O::refusals,
            example: O::example,
            like: O::like,
            body: O::body,
            headers: O::HEADERS,
        }
    }

    /// Whether this is its `operationId`.
    pub fn is(&self, id: &str) -> bool {
        (self.meta)()
            .iter()
            .flat_map(|api| &api.paths)
            .flat_map(|path| &path.operations)
            .any(|operation| operation.operation_id == Some(id))
    }
}

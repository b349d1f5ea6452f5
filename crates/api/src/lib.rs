//! The HTTP interface and its OpenAPI document.
//!
//! This crate owns what programs see: the operations (`operations`, a file for each), how requests
//! are read (`request`) and answers written (`answer`, `schema`), the order of refusals (`front`),
//! the document that describes all this ([`document`]), and the endpoints of the OAuth standards
//! (`oauth`). [`endpoint`] serves everything.
//!
//! Invariants:
//!
//! - Every answer under `/api/` is an envelope, even if the framework refuses or a handler panics.
//! - Refusals come in the contract's order: path, method, size, cross-site, credential, content
//!   type, syntax, validation, then those of the use case.
//! - Outside the administration, the owner of a token is the session's user or a service account in
//!   the path, and no field names one. Unknown fields are refused.
//! - No text of the parser, the database or a panic reaches a caller.
//!
//! This crate deliberately knows no SQL and no page, and decides nothing. An operation reads the
//! request, calls one use case, and writes the answer.

mod answer;
mod bare;
mod call;
mod document;
mod example;
mod front;
mod oauth;
mod operation;
mod operations;
mod refused;
mod request;
mod router;
mod routes;
mod schema;
mod standard;
mod status_list;
mod work;

pub use document::document;
pub use front::{Interface, endpoint};

//! The HTTP interface and its OpenAPI document.
//!
//! This crate owns what programs see: which operations there are (`operations`, a file for each), how a
//! request is read (`request`), how answers are written (`answer`, `schema`), the order of refusals (`front`), the document
//! that says all this ([`document`]), and the endpoints of the OAuth standards (`oauth`). [`endpoint`] is the
//! whole of it.
//!
//! Invariants held here:
//!
//! - every answer under `/api/` is an envelope, whatever refused: a handler, the framework or a panic;
//! - refusals come in the contract's order: path, method, size, cross-site, credential, content type,
//!   syntax, validation, then what the use case says;
//! - the owner of a token is the session's user: no field names one, and unknown fields are refused;
//! - nothing that the parser, the database or a panic says reaches a caller.
//!
//! It deliberately knows no SQL and no page, and decides nothing: it reads, calls one use case, writes.

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

pub use document::document;
pub use front::{Interface, endpoint};

//! SCIM 2.0 (RFC 7643 and RFC 7644): the company's directory keeps users and groups here.
//!
//! This crate owns what directories see under `/scim/v2`: how a request is read, filters
//! (`filter`), PATCH in the forms that Entra ID and Okta send (`patch`), the JSON of users and
//! groups (`user`, `group`), errors in the form of the standard (`refusal`), and what the service
//! says of itself (`discovery`). [`endpoint`] is the whole of it.
//!
//! Invariants held here:
//!
//! - every answer under `/scim/v2` has the form of the standard, whatever refused;
//! - nobody gets an answer without an operator key that has the right `scim`;
//! - an attribute that is not kept is ignored, and never answered as if it were;
//! - nothing that the parser, the database or a panic says reaches a caller.
//!
//! It deliberately knows no SQL, and decides nothing: it reads, calls one use case, writes.

mod answer;
mod body;
mod discovery;
mod endpoint;
mod filter;
mod group;
mod json;
mod list;
mod patch;
mod path;
mod projection;
mod refusal;
mod route;
mod user;

pub use endpoint::{Scim, endpoint};

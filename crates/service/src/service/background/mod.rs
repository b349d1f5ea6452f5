//! The background work of the service.

mod ended;
pub(crate) mod findings;
mod maintenance;
mod parts;
pub(crate) mod unused;
mod verification;

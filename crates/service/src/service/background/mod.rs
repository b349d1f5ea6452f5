//! The background work of the service.

pub(crate) mod findings;
mod maintenance;
pub(crate) mod unused;
mod verification;

//! What the service does on its own, beside requests.

pub(crate) mod findings;
mod maintenance;
pub(crate) mod unused;
mod verification;

//! What the service does on its own, beside requests.

mod maintenance;
pub(crate) mod verification;
pub(crate) mod write_check;

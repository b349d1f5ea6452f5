//! What administrators do.

mod get_policy;
mod policy;
mod put_policy;

pub use get_policy::GetPolicy;
pub use put_policy::PutPolicy;

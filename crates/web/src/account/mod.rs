//! The pages of a person's own account, besides tokens.

pub mod password;
pub mod service_accounts;
pub mod sessions;

//! What a person settles for oneself besides tokens.

pub mod password;
pub mod service_accounts;
pub mod sessions;

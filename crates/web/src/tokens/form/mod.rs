//! The form for a new token: what is in it, what is wrong with it, what it asks for.

mod errors;
mod fields;
mod filled;
mod request;

pub use self::errors::FormErrors;
pub use self::fields::TokenForm;

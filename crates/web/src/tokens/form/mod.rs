//! The form for a new token: its entries, its errors, and its request.

mod errors;
mod fields;
mod filled;
mod request;

pub use self::errors::FormErrors;
pub use self::fields::TokenForm;

//! The form for a new token: what is in it, what is wrong with it, what it asks for.

mod errors;
mod expiry;
mod fields;
mod filled;
mod request;

pub use self::errors::{FormErrors, until};
pub use self::expiry::{Bounds, Choice, Terms, bounds, choices};
pub use self::fields::{OWN_DAY, TokenForm};

//! The types that several operations answer, with the names that the document gives them.
//!
//! These types mirror the views of the service, because names in the document must not change.

mod session_user;
mod token;
mod value;

pub use session_user::SessionUser;
pub use token::{IssuedPersonalAccessToken, PersonalAccessToken, PersonalAccessTokenStatus};
pub use value::{Nothing, Time};

//! What stands in the answers of several operations, with the names that the document gives it.
//!
//! These types mirror the views of the service, since the document needs names that stay.

mod session_user;
mod token;
mod value;

pub use session_user::SessionUser;
pub use token::{IssuedPersonalAccessToken, PersonalAccessToken, PersonalAccessTokenStatus};
pub use value::{Nothing, Time};

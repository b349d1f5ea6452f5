//! The results of use cases: plain values, ready to be written.
//!
//! Serialised in `PascalCase`, they are the objects of the API without the envelope. The admin
//! program prints them, and `ats-pat-api` mirrors them in the OpenAPI document.

mod directory;
mod event;
mod operation;
mod operator_key;
mod policy;
mod session;
mod token;
mod user;

pub use directory::{DirectoryGroupView, DirectoryPage, DirectoryUserView};
pub use event::{EventView, NamedEventView};
pub use operation::{HealthCheck, SigningKeyView};
pub use operator_key::OperatorKeyView;
pub use policy::{PolicyCheck, PolicyView};
pub use session::{Identity, SessionUser, SessionView};
pub use token::{IssuedToken, OwnedTokenPageView, OwnedTokenView, TokenPageView, TokenView};
pub use user::{Responsible, ServiceAccountView, UserPageView, UserView};

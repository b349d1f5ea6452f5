//! What use cases answer with: plain values, ready to be written.
//!
//! Serialised (`PascalCase`) they are the objects of the interface without the envelope; the admin
//! program prints them, `ats-pat-api` mirrors them in its document.

mod event;
mod operation;
mod operator_key;
mod policy;
mod session;
mod token;
mod user;

pub use event::{EventView, NamedEventView};
pub use operation::{HealthCheck, SigningKeyView};
pub use operator_key::OperatorKeyView;
pub use policy::{PolicyCheck, PolicyView};
pub use session::{Identity, SessionUser, SessionView};
pub use token::{IssuedToken, OwnedTokenPageView, OwnedTokenView, TokenPageView, TokenView};
pub use user::{Responsible, ServiceAccountView, UserPageView, UserView};

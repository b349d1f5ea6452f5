//! What operators do: the same use cases for the admin program and for any other front door.

mod acting;
mod audit;
mod events;
mod keys;
mod restore;
mod tokens;
mod users;

pub(crate) use acting::Acting;
pub use audit::AuditReport;
pub use events::EventQuery;
pub use keys::Rotation;
pub use restore::{Accepted, RestoreChoice};
pub use users::NewUser;
pub(crate) use users::{named, require_free_name};

use crate::service::Service;

/// The use cases of operators; see [`Service::operator`] and [`Service::administrator`].
#[derive(Clone)]
pub struct Operator<'a> {
    pub(crate) service: &'a Service,
    pub(crate) acting: Acting,
}

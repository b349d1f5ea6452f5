//! The service from its callers' view: installed, started, and used by a signed-in person.

pub mod database;
mod filling;
mod installation;
mod person;

pub use filling::Filling;
pub use installation::{Cache, Installation};
pub use person::{Issued, Person, PersonalAccessToken};

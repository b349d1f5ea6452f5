//! The service as its callers see it: installed, started, and used by a person who is signed in.

pub mod database;
mod filling;
mod installation;
mod person;

pub use filling::Filling;
pub use installation::{Cache, Installation};
pub use person::{Issued, Person, PersonalAccessToken};

//! The service as its callers see it: installed, started, and used by a person who is signed in.

pub mod database;
mod installation;
mod person;

pub use installation::{Cache, Installation};
pub use person::{Person, PersonalAccessToken};

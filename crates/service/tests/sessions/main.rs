//! Sessions and the set-up link.

mod guessing;
mod lifetime;
mod setup;
mod sign_in;

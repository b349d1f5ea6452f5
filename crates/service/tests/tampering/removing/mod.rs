//! Taking rights away never fails, whatever was planted or overwritten.

mod signing_keys;
mod tokens;
mod unreadable;
mod users;

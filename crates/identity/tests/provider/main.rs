//! The rules of company sign-in, against a hostile provider over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod answers;
mod clock;
mod discovery;
mod id_tokens;
mod keys;
mod logout;
mod scene;
mod sign_in;
mod user_info;

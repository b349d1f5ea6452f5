//! Sign-ins at the company's identity providers: who becomes which user, and with what rights.
//!
//! The provider says what a test tells it to. How its answers are believed is tested in
//! `ats-pat-identity`, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod directory;
mod lapse;
mod leavers;
mod scene;
mod sessions;
mod sub_id;
mod users;

//! The formats as other programs meet them: known answers computed by other implementations, and texts that must not
//! pass.

#![expect(
    clippy::unwrap_used,
    reason = "clippy knows tests, but not what they call, as tests"
)]

mod authentication_token;
mod fixture;
mod hostile_status_list;
mod hostile_token;
mod personal_access_token;
mod published_keys;

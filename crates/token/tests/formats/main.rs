//! The formats as other programs use them: known answers that other implementations computed, and
//! texts that must be refused.

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

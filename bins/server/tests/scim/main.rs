//! SCIM over real HTTP: what the directories of Entra ID and Okta send, and what others try.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail; its helpers too"
)]

mod entra;
mod groups;
mod http;
mod leavers;
mod okta;
mod scene;
mod sign_in;
mod takeover;
mod tampering;

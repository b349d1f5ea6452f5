//! The verifier as services use it: what it accepts, what it refuses, and what it does when the
//! issuer misbehaves.

#![expect(
    clippy::unwrap_used,
    reason = "clippy knows tests, but not what they call, as tests"
)]

mod acceptance;
mod axum_service;
mod challenges;
mod clock;
mod clocks;
mod hostile_token;
mod issuer;
mod issuer_faults;
mod key_rotation;
mod log;
mod lookup_rates;
mod other_libraries;
mod poem_service;
mod revocation;
mod runtimes;
mod server;
mod signatures;

//! The server as operators see it, through its real binary.
#![expect(clippy::unwrap_used, reason = "a test may fail; its helpers too")]

mod bad_input;
mod commands;
mod database_away;
mod drain;
mod process;
mod providers;
mod start;
mod systemd;

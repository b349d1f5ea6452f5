//! The admin program as operators and their scripts use it: through its real binary.
#![expect(clippy::unwrap_used, reason = "a test may fail; its helpers too")]

mod archive;
mod audit;
mod backup;
mod bad_input;
mod database;
mod exchange;
mod export;
mod identity;
mod interface;
mod keys;
mod operator_keys;
mod over_the_interface;
mod owners;
mod policy;
mod program;
mod restored;
mod tokens;
mod users;

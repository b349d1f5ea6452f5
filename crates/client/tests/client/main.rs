//! The client over real HTTP on the loopback address, with time that the tests own.
#![expect(clippy::unwrap_used, reason = "a test may fail; its helpers too")]

mod audience;
mod freshness;
mod hostile;
mod invalidation;
mod middleware;
mod refusals;
mod retries;
mod rotation;
mod secrecy;
mod service;
mod sharing;
mod time;

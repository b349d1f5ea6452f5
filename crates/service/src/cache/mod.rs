//! What a server answers exchanges from, without asking the database: cached grants and signing keys, under a lease.
//!
//! The argument why this never answers by rights that were taken away is in `docs/architecture.md`, *The cache*. The
//! simulation is its proof.

pub(crate) mod feed;
pub(crate) mod grants;
pub(crate) mod guards;
pub(crate) mod ring;
#[cfg(test)]
mod simulation;

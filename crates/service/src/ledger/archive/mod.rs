//! Archives: files with events of the log, exactly as they are chained.
//!
//! Invariants held here:
//!
//! - an archive is a part of one log without gaps: each event follows the one before it;
//! - nobody without the root key can write or alter an archive;
//! - an archive has no personal details, only their salted hashes. So whatever is erased from the
//!   database is in no archive either.

mod error;
mod form;
mod reader;
mod writer;

pub use error::ArchiveError;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

#[cfg(test)]
mod tests;

//! Failing storage: a small file system that is filled, and writes and syncs that fail.

mod disk;
mod gate;

pub use disk::Disk;
pub use gate::Gate;

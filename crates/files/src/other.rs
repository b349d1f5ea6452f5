//! A system without owners and modes.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

pub(crate) fn set_private(_: &mut OpenOptions) {}

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn give(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn succeed(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

pub(crate) fn is_ours(_: &Metadata, _: &Metadata) -> bool {
    true
}

pub(crate) fn mode(_: &Metadata) -> Option<u32> {
    None
}

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

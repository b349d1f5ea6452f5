//! How a copy fails.

use sea_orm::DbErr;

use crate::error::CopyError;
use crate::failure::Cause;

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub(super) fn not_read(error: DbErr) -> CopyError {
    CopyError::NotRead {
        source: Box::new(Cause::of(&error)),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub(super) fn not_written(error: DbErr) -> CopyError {
    CopyError::NotWritten {
        source: Box::new(Cause::of(&error)),
    }
}

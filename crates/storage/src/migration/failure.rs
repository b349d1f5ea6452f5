//! How a migration fails.

use sea_orm::DbErr;

use crate::error::MigrationError;
use crate::failure::Cause;

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub fn failed(error: DbErr) -> MigrationError {
    MigrationError::Failed(Box::new(Cause::of(&error)))
}

//! Changes many rows in the background, a few in each change.

use std::fmt::Display;

use ats_pat_domain::port::StoreError;

use crate::change::{Authority, Change};
use crate::service::Service;
use crate::service::error::{Error, causes};

impl Service {
    /// Changes these rows, `at_once` in each change, so that no other change waits long. Returns
    /// the sum of what the changes say.
    ///
    /// A row that can't be read or changed is left as it is, with a warning. It keeps no other one
    /// from being changed.
    ///
    /// # Errors
    /// Those after which the same may succeed a little later. What was changed before stays so.
    pub(crate) async fn change_in_parts<I, C>(
        &self,
        ids: &[I],
        at_once: usize,
        change: impl Fn(Vec<I>) -> C,
    ) -> Result<u64, Error>
    where
        I: Copy + Display,
        C: Change<Output = u64>,
    {
        let one_change = async |part: &[I]| {
            let change = change(part.to_vec());
            self.change(Authority::System, change).await
        };
        let mut changed = 0;
        for part in ids.chunks(at_once) {
            match one_change(part).await {
                Err(error) if !may_pass(&error) => {}
                other => {
                    changed += other?;
                    continue;
                }
            }
            for id in part {
                match one_change(std::slice::from_ref(id)).await {
                    Err(error) if !may_pass(&error) => {
                        tracing::warn!(row = %id, cause = %causes(&error), "a row can't be changed, and stays as it is");
                    }
                    other => changed += other?,
                }
            }
        }
        Ok(changed)
    }
}

/// Whether the same may succeed a little later.
fn may_pass(error: &Error) -> bool {
    !matches!(
        error,
        Error::Tampered { .. }
            | Error::Store(
                StoreError::Corrupt { .. } | StoreError::Conflict(_) | StoreError::Other(_)
            )
    )
}

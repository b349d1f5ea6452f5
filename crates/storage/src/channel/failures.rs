//! What failed in a transaction.

use std::sync::OnceLock;

use sea_orm::DbErr;

use crate::failure::{Cause, Class, classify};

/// The first failure of a transaction, which causes the others.
#[derive(Default)]
pub(super) struct Failures(OnceLock<Failure>);

impl Failures {
    pub(super) fn note(&self, failure: Failure) {
        let _ = self.0.set(failure);
    }

    pub(super) fn first(&self) -> Option<&Failure> {
        self.0.get()
    }
}

/// Why a transaction can't go on.
pub(super) struct Failure {
    pub(super) class: Class,
    pub(super) error: DbErr,
}

impl Failure {
    pub(super) fn of(error: &DbErr) -> Self {
        // A conflict or an unreadable value could be handled elsewhere, but not in this
        // transaction.
        let class = match classify(error) {
            Class::Conflict | Class::Corrupt => Class::Other,
            other => other,
        };
        Self {
            class,
            error: error.clone(),
        }
    }

    pub(super) fn given_up() -> Self {
        Self {
            class: Class::Other,
            error: DbErr::Custom("a statement of this transaction was given up".to_owned()),
        }
    }

    /// The error for the next statement. A caller that missed the first failure must handle it in
    /// the same way: try the change again, or report that the database doesn't answer.
    pub(super) fn again(&self) -> DbErr {
        if classify(&self.error) == self.class {
            return self.error.clone();
        }
        let cause = Cause::of(&self.error);
        DbErr::Custom(format!(
            "an earlier statement of this transaction failed: {cause}"
        ))
    }
}

/// A statement under way. If it is dropped before its end, it counts as failed.
pub(super) struct Attempt<'a> {
    pub(super) failures: &'a Failures,
    pub(super) outcome: Option<Result<(), Failure>>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let outcome = self.outcome.take();
        if let Err(failure) = outcome.unwrap_or_else(|| Err(Failure::given_up())) {
            self.failures.note(failure);
        }
    }
}

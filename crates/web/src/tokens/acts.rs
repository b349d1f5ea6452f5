//! The forms that regenerate or end an active token.

use ats_pat_domain::Status;
use ats_pat_service::SignedIn;
use ats_pat_service::view::TokenView;

use super::renewal::{Renewal, renewed};
use crate::visit::Visit;

/// The forms for one token.
pub struct Acts {
    /// The name of the token, for questions and headings.
    pub name: String,
    /// The path that the forms are posted to, without the action.
    pub address: String,
    /// The generation that the person sees. `None` if only the owner can regenerate the token.
    pub generation: Option<u32>,
    /// The day on which the token would expire, if the person chooses nothing else.
    pub renewed: String,
    /// The choices for a new secret.
    pub renewal: Renewal,
    /// Whether the old secret still works.
    pub is_in_overlap: bool,
}

impl Acts {
    /// The forms for a token of the table at `path`. `None` for a token that isn't active.
    pub fn of(
        visit: &Visit<'_>,
        by: &SignedIn,
        token: &TokenView,
        path: &str,
        is_own: bool,
    ) -> Option<Self> {
        (token.status == Status::Active).then(|| Self {
            name: token.name.clone(),
            address: format!("{path}/{}", token.id),
            generation: is_own.then_some(token.generation),
            renewed: renewed(visit, token),
            renewal: Renewal::new(visit, by),
            is_in_overlap: token.previous_secret_valid_until.is_some(),
        })
    }
}

//! What can be done to an active token, by forms on the page.

use ats_pat_domain::Status;
use ats_pat_service::SignedIn;
use ats_pat_service::view::TokenView;

use super::renewal::{Renewal, renewed};
use crate::visit::Visit;

/// The forms that end a token or give it a new secret.
pub struct Acts {
    /// The token's name.
    pub name: String,
    /// Where the forms are posted to, without the action.
    pub address: String,
    /// The generation that the person sees; nothing for a token that only its owner can regenerate.
    pub generation: Option<u32>,
    /// On which day a new token would expire, if nothing else is chosen.
    pub renewed: String,
    /// What there is to choose for a new secret.
    pub renewal: Renewal,
    /// Whether an old token still works.
    pub is_in_overlap: bool,
}

impl Acts {
    /// The forms for a token of the table at `path`; none for one that has ended.
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

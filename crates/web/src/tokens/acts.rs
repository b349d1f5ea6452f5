//! What can be done to an active token, by forms on the page.

use ats_pat_domain::Status;
use ats_pat_service::view::TokenView;

/// The forms that end a token or give it a new secret.
pub struct Acts {
    /// The token's name.
    pub name: String,
    /// Where the forms are posted to, without the action.
    pub address: String,
    /// The generation that the person sees; nothing for a token that only its owner can regenerate.
    pub generation: Option<u32>,
}

impl Acts {
    /// The forms for a token of the table at `path`; none for one that has ended.
    pub fn of(token: &TokenView, path: &str, is_own: bool) -> Option<Self> {
        (token.status == Status::Active).then(|| Self {
            name: token.name.clone(),
            address: format!("{path}/{}", token.id),
            generation: is_own.then_some(token.generation),
        })
    }
}

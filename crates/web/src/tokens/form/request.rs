//! The request of the form to the service.

use ats_pat_service::NewToken;

use super::fields::TokenForm;
use crate::expiry::{Terms, end_of_day, expires_at};

impl TokenForm {
    /// The request of the form. A chosen last day counts to its end.
    pub fn new_token(&self, terms: Terms<'_>) -> NewToken {
        let networks: Vec<String> = self.networks().map(ToOwned::to_owned).collect();
        NewToken {
            name: Some(self.name.clone()),
            expires_at: Some(expires_at(&self.expiration, &self.last_day, terms)),
            description: Some(self.description.clone()),
            scopes: self.is_limited.then(|| self.scopes.clone()),
            allowed_networks: (!networks.is_empty()).then_some(networks),
            may_regenerate_itself: !self.renews_until.is_empty(),
            regenerates_until: (!self.renews_until.is_empty())
                .then(|| end_of_day(&self.renews_until, terms)),
            form_key: Some(self.key.clone()),
        }
    }
}

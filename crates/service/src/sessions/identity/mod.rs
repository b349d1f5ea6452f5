//! Sign-in at the company's identity providers: who an identity is here, and what it may do.

mod begin;
mod finish;
pub(crate) mod first;
mod flow;
mod known;
mod logout;
pub(crate) mod memberships;
mod name;
mod proof;
mod refused;

use std::sync::Arc;

use ats_pat_domain::port::IdentityProvider;

use crate::service::Service;
use crate::service::settings::{LocalPasswords, ProviderRules};

pub use begin::BegunSignIn;
pub use finish::ProviderSignInResult;
pub use logout::LogoutRefused;
pub use refused::NotSignedIn;

impl Service {
    /// The identity providers that users can sign in at.
    pub fn providers(&self) -> &[ProviderRules] {
        &self.inner.settings.providers
    }

    /// Who may sign in with a password.
    pub fn local_passwords(&self) -> LocalPasswords {
        self.inner.settings.local_passwords
    }

    /// What people read of a provider: its label, or its name if the settings no longer have it.
    pub fn provider_label<'a>(&'a self, name: &'a str) -> &'a str {
        let mut providers = self.providers().iter();
        let found = providers.find(|rules| rules.name.as_str() == name);
        found.map_or(name, |rules| &rules.label)
    }

    /// The provider of this name, with what its sign-ins mean.
    fn provider(&self, name: &str) -> Option<(&ProviderRules, &Arc<dyn IdentityProvider>)> {
        let mut rules = self.providers().iter();
        let rules = rules.find(|rules| rules.name.as_str() == name)?;
        let mut providers = self.inner.providers.iter();
        let provider = providers.find(|provider| *provider.name() == rules.name)?;
        Some((rules, provider))
    }
}

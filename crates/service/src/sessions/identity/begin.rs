//! Begins a sign-in at an identity provider.

use ats_pat_domain::port::Flow;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::flow::{Begun, LIFETIME, LONGEST};
use super::refused::NotSignedIn;
use crate::service::Service;
use crate::sessions::SignedIn;

/// A sign-in that was begun.
pub struct BegunSignIn {
    /// The address at the provider that the browser goes to.
    pub url: String,
    /// What comes back as `state`. It is not secret from the provider.
    pub state: String,
    /// What only this browser may have. It comes back with the answer.
    pub flow: SecretString,
}

impl Service {
    /// Begins a sign-in at a provider. Afterwards the browser goes on to the page `next`.
    ///
    /// With `confirms` the provider asks for the password again, and the sign-in confirms this
    /// session.
    ///
    /// # Errors
    /// [`NotSignedIn::UnknownProvider`], [`NotSignedIn::Provider`].
    pub async fn begin_provider_sign_in(
        &self,
        provider: &str,
        next: &str,
        confirms: Option<&SignedIn>,
    ) -> Result<BegunSignIn, NotSignedIn> {
        let (rules, port) = self
            .provider(provider)
            .ok_or(NotSignedIn::UnknownProvider)?;
        let changes = &self.inner.changes;
        let flow = Flow {
            provider: rules.name.clone(),
            state: changes.random()?,
            nonce: changes.random()?,
            verifier: changes.random()?,
            // Whoever signs in anew does so while this lasts.
            max_age: confirms.map(|_| LIFETIME),
        };
        let url = port.authorization_url(&flow).await?;
        let state = BASE64_URL_SAFE_NO_PAD.encode(flow.state);
        let mut begun = Begun {
            flow,
            at: self.now(),
            next: next.to_owned(),
            confirms: confirms.map(|by| by.session.id_hash),
        };
        let mut sealed = begun.seal(self.roots());
        if sealed.expose_secret().len() > LONGEST {
            // What was typed into that page is lost, but not the sign-in.
            let page = next.split('?').next().unwrap_or_default();
            page.clone_into(&mut begun.next);
            sealed = begun.seal(self.roots());
        }
        Ok(BegunSignIn {
            url,
            state,
            flow: sealed,
        })
    }
}

//! The identity providers of the settings, for the use cases.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::ProviderName;
use ats_pat_domain::port::IdentityProvider;
use ats_pat_identity::{Algorithm, ClaimNames, SettingError};
use ats_pat_service::SystemClock;

use crate::Provider;

/// The longest that a provider may take for one answer. A person waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// All providers. `origin` is where browsers come back to.
///
/// # Errors
/// [`WrongProvider`].
pub fn providers(
    settings: &[Provider],
    origin: &str,
) -> Result<Vec<Arc<dyn IdentityProvider>>, WrongProvider> {
    let mut providers: Vec<Arc<dyn IdentityProvider>> = Vec::with_capacity(settings.len());
    for provider in settings {
        providers.push(Arc::new(provider_of(provider, origin)?));
    }
    Ok(providers)
}

/// One provider. `origin` is where browsers come back to.
///
/// # Errors
/// [`WrongProvider`].
pub fn provider_of(
    provider: &Provider,
    origin: &str,
) -> Result<ats_pat_identity::Provider, WrongProvider> {
    let name = &provider.rules.name;
    let algorithms = match &provider.signing_algorithms {
        None => Algorithm::DEFAULT.to_vec(),
        Some(names) => {
            let algorithm = |algorithm: &String| {
                Algorithm::from_name(algorithm).ok_or_else(|| WrongProvider::Algorithm {
                    provider: name.to_string(),
                    algorithm: algorithm.clone(),
                })
            };
            names.iter().map(algorithm).collect::<Result<_, _>>()?
        }
    };
    let settings = ats_pat_identity::Settings {
        name: name.clone(),
        issuer: provider.rules.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret: provider.client_secret.clone(),
        redirect_url: callback(origin, name),
        scopes: provider.scopes.clone(),
        algorithms,
        claims: ClaimNames {
            user_name: provider.user_name_claim.clone(),
            display_name: provider.display_name_claim.clone(),
            email: provider.email_claim.clone(),
            groups: provider.groups_claim.clone(),
            directory_id: provider.directory_claim.clone(),
        },
        timeout: TIMEOUT,
    };
    ats_pat_identity::Provider::new(settings, Arc::new(SystemClock)).map_err(|source| {
        WrongProvider::Setting {
            provider: name.to_string(),
            source,
        }
    })
}

/// Where a provider sends the browser back to.
pub fn callback(origin: &str, name: &ProviderName) -> String {
    format!("{origin}/signin/{name}/callback")
}

/// Why a provider of the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WrongProvider {
    /// The settings name an algorithm that is none, or that everybody can make.
    #[error(
        "`oidc.{provider}.signing-algorithms` names {algorithm:?}: write some of RS256, RS384, RS512, PS256, PS384, PS512, ES256 and ES384, because everybody can make the others"
    )]
    Algorithm {
        /// The provider's name in the settings.
        provider: String,
        /// The algorithm as the setting names it.
        algorithm: String,
    },
    /// The library refuses the settings.
    #[error("[oidc.{provider}] of the settings can't be used")]
    Setting {
        /// The provider's name in the settings.
        provider: String,
        /// What is wrong with them.
        #[source]
        source: SettingError,
    },
}

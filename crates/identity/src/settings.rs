//! What has to be known of a provider beforehand.

use std::time::Duration;

use ats_pat_domain::{Issuer, ProviderName};
use ats_pat_token::is_loopback;
use secrecy::SecretString;
use url::Url;

use crate::algorithm::Algorithm;

/// The settings of one identity provider.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the provider in settings, policy and database.
    pub name: ProviderName,
    /// Its issuer, exactly as discovery and tokens write it.
    pub issuer: Issuer,
    /// Who this service is there.
    pub client_id: String,
    /// How this service proves it. A public client has none: PKCE protects the code either way.
    pub client_secret: Option<SecretString>,
    /// Where the provider sends the browser back to: the address of this service's callback.
    pub redirect_url: String,
    /// The scopes to ask for; `openid` is always among them.
    pub scopes: Vec<String>,
    /// The signatures that its tokens may have.
    pub algorithms: Vec<Algorithm>,
    /// Where its claims are.
    pub claims: ClaimNames,
    /// The longest that it may take for one answer.
    pub timeout: Duration,
}

/// The claims that say what a person is shown by. Each is the name of a claim, or the way to one
/// inside of others, by dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The name to sign in with.
    pub user_name: String,
    /// The name to be shown by.
    pub display_name: String,
    /// The claim with the mail address, `email` by default.
    pub email: String,
    /// The claim with the names of the groups, `groups` by default.
    pub groups: String,
    /// Who somebody is in the company's directory, if that is another claim than `sub`.
    pub directory_id: Option<String>,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            user_name: "preferred_username".to_owned(),
            display_name: "name".to_owned(),
            email: "email".to_owned(),
            groups: "groups".to_owned(),
            directory_id: None,
        }
    }
}

impl Settings {
    /// The issuer as an address.
    ///
    /// # Errors
    /// [`SettingError::Issuer`] and [`SettingError::Insecure`].
    pub(crate) fn issuer_url(&self) -> Result<Url, SettingError> {
        let url: Url = self
            .issuer
            .as_str()
            .parse()
            .map_err(|_| SettingError::Issuer)?;
        let is_issuer = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_issuer {
            return Err(SettingError::Issuer);
        }
        if is_secure(&url, true) {
            Ok(url)
        } else {
            Err(SettingError::Insecure)
        }
    }
}

/// Whether what goes to `url` is protected on its way: by TLS, or because it stays on this machine
/// where that is allowed.
pub(crate) fn is_secure(url: &Url, loopback_allowed: bool) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => loopback_allowed && url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

/// Why a provider can't be used with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The issuer is no address.
    #[error(
        "the issuer is not an address such as https://id.example.com, without query or fragment"
    )]
    Issuer,
    /// The issuer is not protected.
    #[error("the issuer has to be https, because answers over http can be forged on their way")]
    Insecure,
    /// The callback is no address.
    #[error("the address of the callback is not valid")]
    RedirectUrl,
    /// No algorithm is allowed.
    #[error("no signature algorithm is allowed, so no answer could be believed")]
    NoAlgorithm,
    /// The HTTP client can't be made.
    #[error("the HTTP client can't be made")]
    HttpClient(#[source] ats_pat_domain::port::BoxError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_secure() {
        let is_secure = |url: &str, loopback| is_secure(&url.parse().unwrap(), loopback);
        assert!(is_secure("https://id.example", false));
        assert!(is_secure("http://127.0.0.1:9", true));
        assert!(is_secure("http://[::1]:9", true));
        for url in [
            "http://127.0.0.1:9",
            "http://id.example",
            "ftp://id.example",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert!(!is_secure(url, false), "{url}");
        }
        assert!(!is_secure("http://127.0.0.1.example", true));
    }
}

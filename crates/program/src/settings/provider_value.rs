//! The readers of values that only providers have.

use ats_pat_domain::group::Group;
use ats_pat_domain::{Issuer, ProviderName};
use ats_pat_service::LocalPasswords;
use ats_pat_token::is_loopback;
use url::Url;

use super::error::SettingsError;
use super::found::{Found, Raw};

/// The longest label, in characters. It is on a button, on phones too.
const LABEL_LENGTH: usize = 60;

impl Found {
    /// `on`, `administrators` or `off`.
    pub(crate) fn local_passwords(&self) -> Result<LocalPasswords, SettingsError> {
        let all = [
            LocalPasswords::On,
            LocalPasswords::Administrators,
            LocalPasswords::Off,
        ];
        let text = self.text()?;
        match all.into_iter().find(|known| known.as_str() == text) {
            Some(known) => Ok(known),
            None => self.refuse(format!("is {text:?}: write on, administrators or off")),
        }
    }

    pub(super) fn label(&self) -> Result<String, SettingsError> {
        let label = self.text()?.trim();
        if label.chars().count() > LABEL_LENGTH {
            return self.refuse(format!(
                "is too long: write at most {LABEL_LENGTH} characters"
            ));
        }
        Ok(label.to_owned())
    }

    /// An address that answers can't be forged on the way to.
    pub(super) fn issuer(&self) -> Result<Issuer, SettingsError> {
        let text = self.text()?;
        let advice = "write the issuer as the provider does, such as https://id.example.com";
        let Ok(url) = Url::parse(text) else {
            return self.refuse(format!("is no address: {advice}"));
        };
        let is_here = url.host_str().is_some_and(is_loopback);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return self.refuse(format!(
                "is not https, so answers could be forged: {advice}"
            ));
        }
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return self.refuse(format!("has a query, a fragment or a user: {advice}"));
        }
        match Issuer::new(text) {
            Ok(issuer) => Ok(issuer),
            Err(_) => self.refuse("is too long: an issuer has 255 bytes at most"),
        }
    }

    /// Scopes, by spaces or as a list.
    pub(super) fn oidc_scopes(&self) -> Result<Vec<String>, SettingsError> {
        let scopes: Vec<String> = match &self.raw {
            Raw::Toml(toml::Value::Array(_)) => self.list()?,
            Raw::Toml(_) | Raw::Text(_) => {
                let words = self.text()?.split([' ', ',']);
                let words = words.filter(|word| !word.is_empty());
                words.map(ToOwned::to_owned).collect()
            }
        };
        if scopes.iter().any(|scope| scope == "openid") {
            Ok(scopes)
        } else {
            self.refuse("lacks openid: without it the provider says nothing of who signs in")
        }
    }

    /// Groups as the provider writes them.
    pub(super) fn provider_groups(
        &self,
        provider: &ProviderName,
    ) -> Result<Vec<String>, SettingsError> {
        let groups = self.list()?;
        if groups.is_empty() {
            return self.refuse("is empty: name a group, or leave it out");
        }
        let is_group = |value: &&String| Group::new(&format!("{provider}/{value}")).is_ok();
        match groups.iter().find(|value| !is_group(value)) {
            Some(other) => self.refuse(format!(
                "names {other:?}, which is too long for a group or holds a control character"
            )),
            None => Ok(groups),
        }
    }
}

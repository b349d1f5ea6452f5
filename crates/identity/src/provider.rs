//! A provider, and how its answers become identities.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ats_pat_domain::port::{
    Clock, Flow, IdentityError, IdentityProvider, Logout, ProvenIdentity, ProviderAnswer,
};
use ats_pat_domain::{Identity, ProviderName, Subject};
use openidconnect::OAuth2TokenResponse;
use openidconnect::core::CoreTokenResponse;
use serde_json::Value;
use url::Url;

use crate::answer;
use crate::authorize;
use crate::cache::{Cache, Known};
use crate::claims::Shown;
use crate::code;
use crate::discovery::Discovery;
use crate::distrust::Distrust;
use crate::examine::{self, Published};
use crate::fetch::Fetch;
use crate::id_token::{self, Believed};
use crate::logout::{NotSigned, Unverified};
use crate::settings::{SettingError, Settings};
use crate::user_info;

/// The longest `sid`, in bytes. A longer one is not kept, so no logout can name it.
const MAX_SESSION: usize = 255;

/// One provider of the company.
pub struct Provider {
    settings: Settings,
    fetch: Fetch,
    cache: Cache,
    clock: Arc<dyn Clock>,
}

impl Provider {
    /// A provider with these settings. It is asked when somebody signs in there, not before.
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, SettingError> {
        let issuer = settings.issuer_url()?;
        if settings.redirect_url.parse::<Url>().is_err() {
            return Err(SettingError::RedirectUrl);
        }
        if settings.algorithms.is_empty() {
            return Err(SettingError::NoAlgorithm);
        }
        let fetch = Fetch::new(&issuer, settings.timeout)?;
        let discovery = Discovery::new(fetch.clone(), settings.issuer.clone());
        Ok(Self {
            cache: Cache::new(discovery, clock.clone()),
            settings,
            fetch,
            clock,
        })
    }

    /// What the provider publishes now, for operators. Nothing that is kept counts.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`].
    pub async fn examine(&self) -> Result<Published, IdentityError> {
        examine::examine(&self.settings, &self.fetch, &*self.clock).await
    }

    /// Judges the ID token. If it names a key that is not known, the keys are read again.
    async fn believe(
        &self,
        known: &Arc<Known>,
        flow: &Flow,
        answer: &CoreTokenResponse,
    ) -> Result<Believed, Distrust> {
        let now = self.clock.now();
        let judged = id_token::believe(&self.settings, known, flow, answer, now);
        match judged {
            Err(distrust) if id_token::names_an_unknown_key(&distrust) => {
                let other = self.cache.with_other_keys(known).await;
                let other = other.ok_or(distrust)?;
                id_token::believe(&self.settings, &other, flow, answer, now)
            }
            judged => judged,
        }
    }
}

#[async_trait]
impl IdentityProvider for Provider {
    fn name(&self) -> &ProviderName {
        &self.settings.name
    }

    async fn authorization_url(&self, flow: &Flow) -> Result<String, IdentityError> {
        let known = self.cache.known().await?;
        let client = code::client(&self.settings, &known)?;
        Ok(authorize::url(&client, &self.settings.scopes, flow))
    }

    async fn prove(
        &self,
        flow: &Flow,
        answer: &ProviderAnswer,
    ) -> Result<ProvenIdentity, IdentityError> {
        answer::check_browser(&self.settings.name, flow, answer)?;
        let known = self.cache.known().await?;
        let code = answer::code(&known, answer)?;
        let client = code::client(&self.settings, &known)?;
        let tokens = code::redeem(&client, &self.fetch, flow, code).await?;
        let believed = self.believe(&known, flow, &tokens).await?;
        id_token::check_recent(&believed, flow, self.clock.now())?;
        let subject = Subject::new(&believed.subject).map_err(Distrust::Subject)?;

        let names = &self.settings.claims;
        let mut shown = Shown::read(names, &believed.claims);
        if !shown.is_complete() {
            let access_token = tokens.access_token();
            let more = user_info::read(&known, &self.fetch, access_token, subject.as_str()).await?;
            if let Some(more) = more {
                shown = shown.or(Shown::read(names, &more));
            }
        }
        let session = believed.claims.get("sid").and_then(Value::as_str);
        let session = session.filter(|sid| !sid.is_empty() && sid.len() <= MAX_SESSION);
        Ok(ProvenIdentity {
            identity: Identity {
                issuer: self.settings.issuer.clone(),
                subject,
            },
            user_name: shown.user_name,
            display_name: shown.display_name,
            email: shown.email,
            directory_id: shown.directory_id,
            groups: shown.groups,
            authenticated_at: believed.authenticated_at,
            session: session.map(ToOwned::to_owned),
        })
    }

    async fn logged_out(&self, logout_token: &str) -> Result<Logout, IdentityError> {
        let forged = Distrust::Logout("no published key made its signature");
        let token = Unverified::parse(&self.settings, logout_token)?;
        let known = self.cache.known().await?;
        let mut signed = token.check_signature(&known);
        if matches!(signed, Err(NotSigned::UnknownKey))
            && let Some(other) = self.cache.with_other_keys(&known).await
        {
            signed = token.check_signature(&other);
        }
        signed.map_err(|_| forged)?;
        Ok(token.logout(&self.settings, self.clock.now())?)
    }

    async fn end_session_url(&self, hint: Option<&str>) -> Result<Option<String>, IdentityError> {
        let known = self.cache.known().await?;
        let endpoint = &known.document.additional_metadata().end_session_endpoint;
        Ok(endpoint.clone().map(|mut url| {
            let mut query = url.query_pairs_mut();
            query.append_pair("client_id", &self.settings.client_id);
            if let Some(hint) = hint {
                query.append_pair("logout_hint", hint);
            }
            drop(query);
            url.into()
        }))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.settings.name)
            .finish_non_exhaustive()
    }
}

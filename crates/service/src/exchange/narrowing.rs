//! Less than a personal access token carries, for one authentication token.

use std::borrow::Cow;
use std::num::NonZeroU32;

use ats_pat_auth::Minter;

use crate::cache::grants::Grant;
use crate::service::Service;
use crate::service::error::Error;

/// What one authentication token is to be cut down to; `None` leaves it as the personal access token has it.
/// Nothing here can widen it. People paste secrets anywhere: it has no `Debug`.
#[derive(Clone, Default)]
pub struct Narrowing {
    /// Names of scopes, separated by single spaces (RFC 6749, section 3.3).
    pub scope: Option<String>,
    /// Some of the deployment's audiences.
    pub audience: Option<Vec<String>>,
    /// How long the authentication token is to live, in seconds. The end of the personal access token still
    /// comes first.
    pub lifetime_seconds: Option<NonZeroU32>,
}

impl Narrowing {
    /// What is left of the scopes, separated by spaces; `None` where all are.
    ///
    /// # Errors
    /// [`Error::ScopeNotHeld`].
    pub(crate) fn scope(&self, service: &Service, grant: &Grant) -> Result<Option<String>, Error> {
        let Some(names) = &self.scope else {
            return Ok(None);
        };
        let catalogue = &service.inner.settings.policy.scopes;
        Ok(Some(grant.scopes().narrowed(names, catalogue)?.to_string()))
    }

    /// The minter of such tokens.
    ///
    /// # Errors
    /// [`Error::AudienceNotServed`], [`Error::LifetimeTooLong`].
    pub(crate) fn minter<'a>(&self, service: &'a Service) -> Result<Cow<'a, Minter>, Error> {
        let minter = &service.inner.minter;
        if self.audience.is_none() && self.lifetime_seconds.is_none() {
            return Ok(Cow::Borrowed(minter));
        }
        let seconds = self.lifetime_seconds.map(NonZeroU32::get);
        let longest_seconds = service.inner.settings.token_lifetime.as_secs();
        if seconds.is_some_and(|seconds| u64::from(seconds) > longest_seconds) {
            return Err(Error::LifetimeTooLong { longest_seconds });
        }
        minter
            .narrowed(self.audience.as_deref(), seconds)
            .map(Cow::Owned)
            .ok_or(Error::AudienceNotServed)
    }
}

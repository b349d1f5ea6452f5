//! Narrowing: one authentication token with fewer rights than its personal access token.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;

use ats_pat_auth::Minter;
use ats_pat_domain::Problem;

use crate::cache::grants::CachedGrant;
use crate::service::Service;
use crate::service::error::Error;

/// How to narrow one authentication token. `None` changes nothing, and no value gives more rights.
/// It has no `Debug`, because people paste secrets anywhere.
#[derive(Clone, Default)]
pub struct Narrowing {
    /// The scopes, separated by single spaces (RFC 6749, section 3.3).
    pub scope: Option<String>,
    /// Audiences of this deployment, not necessarily of its default.
    pub audience: Option<Vec<String>>,
    /// The lifetime in seconds. The authentication token still ends with the personal access token.
    pub lifetime_seconds: Option<NonZeroU32>,
    /// Why the request for narrowing can't be read. This is reported after all refusals of the
    /// personal access token, so only its holder learns it.
    pub unreadable: Option<Problem>,
}

impl Narrowing {
    /// The claim `scope`. `None` if it is the grant's.
    ///
    /// # Errors
    /// [`Error::ScopeNotHeld`].
    pub(crate) fn scope(&self, grant: &CachedGrant) -> Result<Option<Arc<str>>, Error> {
        let policy = &grant.policy;
        let Some(names) = &self.scope else {
            return Ok(policy.written_out(&grant.scope));
        };
        let catalogue = &policy.rules.scopes;
        let narrowed = grant.scopes().narrowed(names, catalogue)?.to_string();
        let written_out = policy.written_out(&narrowed);
        Ok(Some(written_out.unwrap_or_else(|| narrowed.into())))
    }

    /// The minter of such tokens, and how long they live at most, in seconds.
    ///
    /// # Errors
    /// The reason why the request is [`unreadable`](Self::unreadable), [`Error::LifetimeTooLong`],
    /// [`Error::AudienceNotServed`].
    pub(crate) fn minter<'a>(
        &self,
        service: &'a Service,
        grant: &CachedGrant,
    ) -> Result<(Cow<'a, Minter>, u32), Error> {
        if let Some(problem) = &self.unreadable {
            return Err(problem.clone().into());
        }
        let longest = grant.policy.rules.authentication_token_seconds();
        let seconds = self.lifetime_seconds.map_or(longest, NonZeroU32::get);
        if seconds > longest {
            return Err(Error::LifetimeTooLong {
                longest_seconds: longest.into(),
            });
        }
        let minter = match &self.audience {
            None => Some(Cow::Borrowed(&service.inner.minter)),
            Some(audience) => {
                let narrowed = service.inner.whole_minter.narrowed(audience);
                narrowed.map(Cow::Owned)
            }
        };
        let minter = minter.ok_or(Error::AudienceNotServed)?;
        Ok((minter, seconds))
    }
}

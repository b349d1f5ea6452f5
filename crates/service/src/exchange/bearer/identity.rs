//! The owner of an authentication token. The service itself checks this in the database.

use ats_pat_domain::{Problem, Timestamp};

use crate::exchange::bearer::CheckedBearer;
use crate::service::Service;
use crate::service::error::Error;
use crate::view::Identity;

impl Service {
    /// Checks that an authentication token is still valid, and returns its owner.
    ///
    /// # Errors
    /// [`Problem::AuthenticationTokenInvalid`] if it is forged or expired, or not for this service
    /// (its first audience). Also if its personal access token was revoked, regenerated or has
    /// expired, or if its owner is disabled.
    pub async fn identity(&self, bearer: &str) -> Result<Identity, Error> {
        let CheckedBearer {
            claims,
            token,
            owner,
        } = self.bearer_for_us(bearer).await?;
        Ok(Identity {
            id: owner.id,
            user_name: owner.name.as_str().to_owned(),
            display_name: owner.display_name.as_str().to_owned(),
            scopes: claims.scopes().map(ToOwned::to_owned).collect(),
            token_id: token.id,
            expires_at: Timestamp::from_millis(claims.exp.saturating_mul(1000)),
        })
    }

    /// Checks an authentication token that is shown to this service, which is its first audience.
    ///
    /// # Errors
    /// [`Problem::AuthenticationTokenInvalid`].
    pub(crate) async fn bearer_for_us(&self, presented: &str) -> Result<CheckedBearer, Error> {
        let us = self.inner.settings.audience.get(..1).unwrap_or_default();
        let found = self.bearer(presented, us).await?;
        Ok(found.ok_or(Problem::AuthenticationTokenInvalid)?)
    }
}

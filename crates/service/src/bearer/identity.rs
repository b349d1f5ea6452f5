//! Whom an authentication token speaks for: the service's own check, which asks the database.

use ats_pat_domain::{Problem, Timestamp};

use crate::bearer::Bearer;
use crate::service::Service;
use crate::service::error::Error;
use crate::view::Identity;

impl Service {
    /// Checks an authentication token and whether what it stands on still holds.
    ///
    /// # Errors
    /// 1206 for a forged or expired one, for one that is not for this service (the first of the
    /// audiences), and for one whose personal access token was revoked, regenerated or has expired,
    /// or whose owner is disabled.
    pub async fn identity(&self, bearer: &str) -> Result<Identity, Error> {
        let Bearer {
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

    /// An authentication token that somebody shows to this service, which the first of the
    /// audiences means.
    ///
    /// # Errors
    /// 1206.
    pub(crate) async fn bearer_for_us(&self, presented: &str) -> Result<Bearer, Error> {
        let us = self.inner.settings.audience.get(..1).unwrap_or_default();
        let found = self.bearer(presented, us).await?;
        Ok(found.ok_or(Problem::AuthenticationTokenInvalid)?)
    }
}

//! Whom an authentication token speaks for: the service's own check, which asks the database.

use ats_pat_domain::{Problem, Status, Timestamp, TokenId};
use ats_pat_token::{Claims, Expectations, Unverified};

use crate::error::Error;
use crate::ring::RingState;
use crate::service::Service;
use crate::view::Identity;

/// How far the clocks of servers that sign for one another may differ, in seconds.
const SKEW: u32 = 5;

impl Service {
    /// Checks an authentication token and whether what it stands on still holds.
    ///
    /// # Errors
    /// 1206 for a forged or expired one, and for one whose personal access token was revoked, regenerated or
    /// has expired, or whose owner is disabled.
    pub async fn identity(&self, bearer: &str) -> Result<Identity, Error> {
        let invalid = || Error::Refused(Problem::AuthenticationTokenInvalid);
        let now = self.now();
        let unverified = Unverified::parse(bearer).map_err(|_| invalid())?;
        let ring = self.fresh_ring().await?;
        let claims = self.verify(unverified, &ring, now).ok_or_else(invalid)?;
        let token_id: TokenId = claims.client_id.parse().map_err(|_| invalid())?;
        let found = self
            .store()
            .tokens()
            .bearer(token_id)
            .await?
            .ok_or_else(invalid)?;
        let token = self.roots().check(found.token).map_err(|_| invalid())?;
        let owner = self.roots().check(found.owner).map_err(|_| invalid())?;
        let holds = token.owner_id == owner.id
            && owner.id.to_string() == claims.sub
            && claims.ats_generation == Some(token.generation)
            && token.status(now) == Status::Active
            && !owner.disabled;
        if !holds {
            return Err(invalid());
        }
        Ok(Identity {
            id: owner.id,
            user_name: owner.name.as_str().to_owned(),
            display_name: owner.display_name.as_str().to_owned(),
            scopes: claims.scopes().map(ToOwned::to_owned).collect(),
            token_id,
            expires_at: Timestamp::from_millis(claims.exp.saturating_mul(1000)),
        })
    }

    fn verify(
        &self,
        unverified: Unverified<'_>,
        ring: &RingState,
        now: Timestamp,
    ) -> Option<Claims> {
        let settings = &self.inner.settings;
        let key = ring.published(unverified.kid(), now)?;
        let expectations = Expectations {
            issuer: &settings.issuer,
            audience: settings.audience.first()?,
            now_seconds: now.as_seconds(),
            skew_seconds: SKEW,
        };
        let claims = unverified.verify(key.key(), &expectations).ok()?;
        // The skew is for the beginning only; at its end a token is over.
        (now.as_seconds() < claims.exp).then_some(claims)
    }
}

//! Checks authentication tokens that come back, and finds their owners.

mod identity;
pub(crate) mod introspection;

use ats_pat_domain::secret::Secret;
use ats_pat_domain::sign_in_rule::require_in_force;
use ats_pat_domain::{Status, Tagged, Timestamp, Token, TokenId, User};
use ats_pat_token::{Claims, Expectations, Unverified};

use crate::cache::ring::RingState;
use crate::ledger::currency::Doubt;
use crate::ledger::verified_grant::is_usable;
use crate::policy::OwnerPolicies;
use crate::service::Service;
use crate::service::error::Error;

/// How much the clocks of servers may differ, in seconds, when they sign for each other.
const SKEW: u32 = 5;

/// A valid authentication token, and the rows that it depends on.
pub(crate) struct CheckedBearer {
    pub(crate) claims: Claims,
    pub(crate) token: Token,
    pub(crate) owner: User,
}

/// Whether the policy still allows the token's scopes. An authentication token that could not be
/// exchanged for now is not valid.
fn may_be_exchanged(policies: &OwnerPolicies, token: &Token, owner: &User) -> bool {
    let policy = policies.of(&owner.groups);
    policy.rules.check_all_scope(&token.scopes).is_ok()
}

impl Service {
    /// Checks in the database that an authentication token is valid and is for one of `audiences`.
    ///
    /// `None` if it is forged or expired. Also if its personal access token was revoked,
    /// regenerated or has expired, if its owner is disabled or has not signed in at the identity
    /// provider for too long, or if it has `all` and the policy no longer allows that.
    pub(crate) async fn bearer(
        &self,
        presented: &str,
        audiences: &[String],
    ) -> Result<Option<CheckedBearer>, Error> {
        let now = self.now();
        // A malformed token never reaches the database.
        if Unverified::parse(presented).is_err() {
            return Ok(None);
        }
        self.require_log()?;
        let ring = self.inner.cache.fresh_ring().await?;
        let claims = audiences
            .iter()
            .find_map(|audience| self.verify(presented, audience, &ring, now));
        let Some(claims) = claims else {
            return Ok(None);
        };
        let Ok(token_id) = claims.client_id.parse::<TokenId>() else {
            return Ok(None);
        };
        let currency = self.currency();
        let read = || async move {
            let Some(found) = self.store().tokens().bearer(token_id).await? else {
                return Ok(None);
            };
            let secrets = self.store().secrets().of_token(token_id).await?;
            Ok(Some((found, secrets)))
        };
        let found = currency.certain(read, |(found, secrets)| {
            let (token, owner) = (currency.check(found.token)?, currency.check(found.owner)?);
            let secret = self.secret_of(&claims, secrets)?;
            Ok((token, owner, secret))
        });
        let Some((token, owner, Some(secret))) = found.await? else {
            return Ok(None);
        };
        let holds = token.owner_id == owner.id
            && owner.id.to_string() == claims.sub
            && is_usable(&secret, &token, now)
            && token.status(now) == Status::Active
            && require_in_force(&owner, self.sign_in_rules(), now).is_ok()
            && may_be_exchanged(&*self.policies().await?, &token, &owner);
        Ok(holds.then_some(CheckedBearer {
            claims,
            token,
            owner,
        }))
    }

    /// The secret that was exchanged for the token, if the token names the secret's place in the
    /// current status list. After the owner was disabled, or a restore was accepted, the secret has
    /// another place. Then tokens that name the earlier place are not valid.
    fn secret_of(
        &self,
        claims: &Claims,
        secrets: Vec<Tagged<Secret>>,
    ) -> Result<Option<Secret>, Doubt> {
        let Some(named) = &claims.status else {
            return Ok(None);
        };
        if named.uri != *self.inner.status_lists.address() {
            return Ok(None);
        }
        let its_own = secrets.into_iter().find(|secret| {
            secret.row.slot.is_some()
                && claims.ats_generation == Some(secret.row.generation)
                && secret.row.status_index == Some(named.index)
        });
        its_own
            .map(|secret| self.currency().check(secret))
            .transpose()
    }

    fn verify(
        &self,
        presented: &str,
        audience: &str,
        ring: &RingState,
        now: Timestamp,
    ) -> Option<Claims> {
        let unverified = Unverified::parse(presented).ok()?;
        let key = ring.published(unverified.kid(), now)?;
        let expectations = Expectations {
            issuer: &self.inner.settings.issuer,
            audience,
            now_seconds: now.as_seconds(),
            skew_seconds: SKEW,
        };
        let claims = unverified.verify(key.key(), &expectations).ok()?;
        // The skew applies only to the start. A token ends exactly at its expiry.
        (now.as_seconds() < claims.exp).then_some(claims)
    }
}

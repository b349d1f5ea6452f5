//! The exchange: a personal access token for an authentication token.

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_auth::{AuthError, Grant as MintGrant};
use ats_pat_domain::port::{Grant, UsageRecord};
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Problem, Status, Timestamp, Token, User};
use ats_pat_token::{PersonalAccessToken, StatusReference};
use secrecy::SecretString;
use uuid::Builder;

use crate::error::Error;
use crate::service::Service;

/// Tokens' times are whole seconds: with less than one left there is nothing to mint.
const ONE_SECOND: Duration = Duration::from_secs(1);

/// An authentication token and how long both tokens last.
pub struct Exchanged {
    /// The authentication token, a JWS in compact form.
    pub token: SecretString,
    /// When the authentication token expires.
    pub expires_at: Timestamp,
    /// When the personal access token expires.
    pub personal_access_token_expires_at: Timestamp,
}

/// A grant whose rows are genuine.
struct Genuine {
    secret: Secret,
    token: Token,
    owner: User,
    ring_version: i64,
}

impl Service {
    /// Exchanges the personal access token that stands in the values of the header, sent from `address`.
    ///
    /// # Errors
    /// Refusals in this order: 1200, 1201 (1400 where the address spent its budget of failures), 1203,
    /// 1202, 1205, 1204.
    pub async fn exchange(&self, presented: &[&[u8]], address: IpAddr) -> Result<Exchanged, Error> {
        let presented = match presented {
            [] | [[]] => return Err(Problem::PersonalAccessTokenMissing.into()),
            [one] => PersonalAccessToken::parse(*one).ok(),
            _ => None,
        };
        let now = self.now();
        let mut grant = self.usable_grant(presented.as_ref(), now, address).await?;
        if grant.secret.status_index.is_none() {
            self.give_status_place(grant.token.id).await?;
            grant = self.usable_grant(presented.as_ref(), now, address).await?;
        }
        let exchanged = self.mint(&grant, now).await?;
        self.inner.usage.note(UsageRecord {
            token_id: grant.token.id,
            used_at: now,
            used_from: address.to_canonical().to_string(),
        });
        Ok(exchanged)
    }

    /// The grant behind a secret that may be used at `now` from `address`.
    async fn usable_grant(
        &self,
        presented: Option<&PersonalAccessToken>,
        now: Timestamp,
        address: IpAddr,
    ) -> Result<Genuine, Error> {
        let grant = match presented {
            Some(presented) => self.find_grant(presented).await?,
            None => None,
        };
        let genuine = grant.and_then(|grant| self.genuine(grant));
        let Some(grant) = genuine.filter(|grant| grant.is_usable(now)) else {
            self.inner.limits.count_failed_exchange(address)?;
            return Err(Problem::PersonalAccessTokenInvalid.into());
        };
        grant.check(now, address)?;
        Ok(grant)
    }

    /// The grant behind a secret, living or dead, as it stands in the database: its tags are not checked.
    pub(crate) async fn find_grant(
        &self,
        presented: &PersonalAccessToken,
    ) -> Result<Option<Grant>, Error> {
        for keys in self.roots().newest_first() {
            let hash = keys.hash_personal_access_token(presented).to_bytes();
            if let Some(grant) = self.store().secrets().grant(&hash).await? {
                return Ok(Some(grant));
            }
        }
        Ok(None)
    }

    /// `None` for a grant whose rows were planted or altered.
    fn genuine(&self, grant: Grant) -> Option<Genuine> {
        let roots = self.roots();
        let secret = roots.check(grant.secret).ok()?;
        let token = roots.check(grant.token).ok()?;
        let owner = roots.check(grant.owner).ok()?;
        let belong_together = secret.token_id == token.id && token.owner_id == owner.id;
        belong_together.then_some(Genuine {
            secret,
            token,
            owner,
            ring_version: grant.ring_version,
        })
    }

    async fn mint(&self, grant: &Genuine, now: Timestamp) -> Result<Exchanged, Error> {
        let inner = &self.inner;
        let ring = self.ring_at(grant.ring_version).await?;
        let id = Builder::from_random_bytes(inner.changes.random()?).into_uuid();
        let minted = inner.minter.mint(
            ring.signer(now)?,
            &MintGrant {
                owner_id: &grant.owner.id.to_string(),
                user_name: grant.owner.name.as_str(),
                token_id: &grant.token.id.to_string(),
                generation: grant.token.generation,
                scope: &grant.token.scopes.to_string(),
                expires_at_ms: grant.token.expires_at.as_millis(),
                status: grant.secret.status_index.map(|index| StatusReference {
                    index,
                    uri: inner.status_lists.address().to_string(),
                }),
            },
            now.as_millis(),
            &id.hyphenated().to_string(),
        );
        let minted = match minted {
            // With less than a second left there is no whole second to live.
            Err(AuthError::TooLate) => {
                return Err(Problem::PersonalAccessTokenExpired {
                    expiry: grant.token.expires_at,
                }
                .into());
            }
            other => other?,
        };
        Ok(Exchanged {
            token: minted.token,
            expires_at: Timestamp::from_millis(minted.expires_at.saturating_mul(1000)),
            personal_access_token_expires_at: grant.token.expires_at,
        })
    }
}

impl Genuine {
    /// Whether the secret is the current one, or one in overlap whose time is not up. A replaced one is
    /// answered like an unknown one.
    fn is_usable(&self, now: Timestamp) -> bool {
        match self.secret.slot {
            Some(Slot::Current) => self.secret.generation == self.token.generation,
            Some(Slot::Overlap) => self.secret.valid_until.is_some_and(|until| now < until),
            None => false,
        }
    }

    fn check(&self, now: Timestamp, address: IpAddr) -> Result<(), Problem> {
        match self.token.status(now) {
            Status::Revoked => return Err(Problem::PersonalAccessTokenRevoked),
            _ if self.token.expires_at < now.after(ONE_SECOND) => {
                return Err(Problem::PersonalAccessTokenExpired {
                    expiry: self.token.expires_at,
                });
            }
            Status::Active | Status::Expired => {}
        }
        if self.owner.disabled {
            return Err(Problem::OwnerDisabled);
        }
        match &self.token.allowed_networks {
            Some(networks) if !networks.contain(address) => Err(Problem::NetworkNotAllowed),
            _ => Ok(()),
        }
    }
}

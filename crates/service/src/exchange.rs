//! The exchange: a personal access token for an authentication token.

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_auth::{AuthError, Grant as MintGrant};
use ats_pat_domain::port::{Grant, StoreError, UsageRecord};
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Problem, Status, Timestamp, Token, User};
use ats_pat_token::{PersonalAccessToken, StatusReference};
use secrecy::{ExposeSecret, SecretString};
use uuid::Builder;

use crate::error::Error;
use crate::narrowing::Narrowing;
use crate::rows::Roots;
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
    /// The scopes of the authentication token, separated by spaces.
    pub scope: String,
    /// How long the authentication token lives from its issue on, in seconds.
    pub lifetime_seconds: i64,
}

/// A grant whose rows are genuine.
pub(crate) struct Genuine {
    pub(crate) secret: Secret,
    pub(crate) token: Token,
    pub(crate) owner: User,
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
        self.exchange_one(presented.as_ref(), &Narrowing::default(), address)
            .await
    }

    /// As [`exchange`](Self::exchange), for an authentication token that carries less than the personal access
    /// token does.
    ///
    /// # Errors
    /// As of the exchange (without 1200), then [`Error::AudienceNotServed`], [`Error::LifetimeTooLong`],
    /// [`Error::ScopeNotHeld`]: only the holder learns what a personal access token carries.
    pub async fn exchange_narrowed(
        &self,
        presented: &SecretString,
        narrowing: &Narrowing,
        address: IpAddr,
    ) -> Result<Exchanged, Error> {
        let presented = PersonalAccessToken::parse(presented.expose_secret()).ok();
        self.exchange_one(presented.as_ref(), narrowing, address)
            .await
    }

    async fn exchange_one(
        &self,
        presented: Option<&PersonalAccessToken>,
        narrowing: &Narrowing,
        address: IpAddr,
    ) -> Result<Exchanged, Error> {
        let now = self.now();
        let mut grant = self.exchangeable(presented, now, address).await?;
        if grant.secret.status_index.is_none() {
            self.give_status_place(grant.token.id).await?;
            grant = self.exchangeable(presented, now, address).await?;
            if grant.secret.status_index.is_none() {
                // Taken again meanwhile: without a place no verifier would accept the token.
                return Err(StoreError::Retryable("the secret has no place".into()).into());
            }
        }
        let exchanged = self.mint(&grant, narrowing, now).await?;
        self.inner.usage.note(UsageRecord {
            token_id: grant.token.id,
            used_at: now,
            used_from: address.to_canonical().to_string(),
        });
        Ok(exchanged)
    }

    /// The grant behind a secret that may be exchanged at `now` from `address`.
    async fn exchangeable(
        &self,
        presented: Option<&PersonalAccessToken>,
        now: Timestamp,
        address: IpAddr,
    ) -> Result<Genuine, Error> {
        let Some(grant) = self.usable_grant(presented, now).await? else {
            self.inner.limits.count_failed_exchange(address)?;
            return Err(Problem::PersonalAccessTokenInvalid.into());
        };
        grant.check(now)?;
        grant.check_network(address)?;
        Ok(grant)
    }

    /// The grant behind a secret that works, or would if its token were alive; `None` for what is no secret,
    /// an unknown one, a replaced one, and one whose rows were planted or altered.
    pub(crate) async fn usable_grant(
        &self,
        presented: Option<&PersonalAccessToken>,
        now: Timestamp,
    ) -> Result<Option<Genuine>, Error> {
        let grant = match presented {
            Some(presented) => self.find_grant(presented).await?,
            None => None,
        };
        let genuine = grant.and_then(|grant| Genuine::of(grant, self.roots()));
        Ok(genuine.filter(|grant| grant.is_usable(now)))
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

    async fn mint(
        &self,
        grant: &Genuine,
        narrowing: &Narrowing,
        now: Timestamp,
    ) -> Result<Exchanged, Error> {
        let inner = &self.inner;
        let minter = narrowing.minter(self)?;
        let scope = narrowing.scopes(self, &grant.token.scopes)?.to_string();
        let ring = self.ring_at(grant.ring_version).await?;
        let id = Builder::from_random_bytes(inner.changes.random()?).into_uuid();
        let minted = minter.mint(
            ring.signer(now)?,
            &MintGrant {
                owner_id: &grant.owner.id.to_string(),
                user_name: grant.owner.name.as_str(),
                token_id: &grant.token.id.to_string(),
                generation: grant.token.generation,
                scope: &scope,
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
            scope,
            lifetime_seconds: minted.expires_at - now.as_seconds(),
        })
    }
}

impl Genuine {
    /// `None` for a grant whose rows were planted or altered.
    pub(crate) fn of(grant: Grant, roots: &Roots) -> Option<Self> {
        let secret = roots.check(grant.secret).ok()?;
        let token = roots.check(grant.token).ok()?;
        let owner = roots.check(grant.owner).ok()?;
        let belong_together = secret.token_id == token.id && token.owner_id == owner.id;
        belong_together.then_some(Self {
            secret,
            token,
            owner,
            ring_version: grant.ring_version,
        })
    }

    /// Whether the secret is the current one, or one in overlap whose time is not up. A replaced one is
    /// answered like an unknown one.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        match self.secret.slot {
            Some(Slot::Current) => self.secret.generation == self.token.generation,
            Some(Slot::Overlap) => self.secret.valid_until.is_some_and(|until| now < until),
            None => false,
        }
    }

    /// Whether the token and its owner are alive: 1203, 1202, 1205.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Problem> {
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
        Ok(())
    }

    fn check_network(&self, address: IpAddr) -> Result<(), Problem> {
        match &self.token.allowed_networks {
            Some(networks) if !networks.contain(address) => Err(Problem::NetworkNotAllowed),
            _ => Ok(()),
        }
    }
}

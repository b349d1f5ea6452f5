//! The exchange: a personal access token becomes an authentication token.

pub(crate) mod bearer;
pub(crate) mod narrowing;
pub(crate) mod token_ids;

use std::net::IpAddr;
use std::sync::Arc;

use ats_pat_auth::{AuthError, Grant, StatusPlace, SubjectId};
use ats_pat_domain::port::{StoreError, StoredGrant};
use ats_pat_domain::{Problem, Timestamp};
use ats_pat_token::PersonalAccessToken;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::cache::ReadFrom;
use crate::cache::grants::{CachedGrant, FirstUse, Found, Known};
use crate::exchange::narrowing::Narrowing;
use crate::ledger::verified_grant::VerifiedGrant;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::reuses::Ended;

/// An exchange without narrowing.
static WHOLE: Narrowing = Narrowing {
    scope: None,
    audience: None,
    lifetime_seconds: None,
    unreadable: None,
};

/// An authentication token, and how long it and its personal access token are valid.
pub struct Exchanged {
    /// The authentication token, a JWS in compact form.
    pub token: SecretString,
    /// When the authentication token expires.
    pub expires_at: Timestamp,
    /// When the personal access token expires.
    pub personal_access_token_expires_at: Timestamp,
    /// The lifetime of the authentication token from its issue, in seconds.
    pub lifetime_seconds: i64,
    known: Arc<Known>,
    scope: Option<Arc<str>>,
    audience: Option<String>,
}

impl Exchanged {
    /// The scopes of the authentication token, separated by spaces.
    pub fn scope(&self) -> &str {
        let whole = &self.known.grant.scope;
        self.scope.as_deref().unwrap_or(whole)
    }

    /// The audiences of the authentication token, separated by single spaces. `None` for [the
    /// default](Service::default_audience).
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }
}

impl Service {
    /// Exchanges the personal access token in the values of the header. The request comes from
    /// `address`.
    ///
    /// # Errors
    /// The first of these that applies:
    /// - [`Problem::PersonalAccessTokenMissing`], [`Problem::PersonalAccessTokenInvalid`], or
    ///   [`Problem::TooManyRequests`] after too many failures from the address.
    /// - [`Problem::PersonalAccessTokenRevoked`], [`Problem::PersonalAccessTokenExpired`],
    ///   [`Problem::OwnerDisabled`].
    /// - [`Problem::NetworkNotAllowed`], first by the token's own networks, then by the policy's.
    /// - [`Problem::PolicyForbids`] for `all` if the policy no longer allows it.
    /// - [`Problem::TooManyRequests`] if the settings limit the exchanges of a token or an owner.
    pub async fn exchange(&self, presented: &[&[u8]], address: IpAddr) -> Result<Exchanged, Error> {
        self.exchange_header(presented, &WHOLE, address).await
    }

    /// Like [`exchange`](Self::exchange), for an authentication token with fewer rights than the
    /// personal access token.
    ///
    /// # Errors
    /// Those of [`exchange`](Self::exchange), then a narrowing that is
    /// [`unreadable`](Narrowing::unreadable), then those of
    /// [`exchange_narrowed`](Self::exchange_narrowed).
    pub async fn exchange_header(
        &self,
        presented: &[&[u8]],
        narrowing: &Narrowing,
        address: IpAddr,
    ) -> Result<Exchanged, Error> {
        let exchanged = match one_of(presented) {
            Ok(presented) => {
                self.exchange_one(presented.as_ref(), narrowing, address)
                    .await
            }
            Err(missing) => Err(missing.into()),
        };
        self.inner.noted.exchanges.note(&exchanged);
        exchanged
    }

    /// Like [`exchange`](Self::exchange), for an authentication token with fewer rights than the
    /// personal access token.
    ///
    /// # Errors
    /// Those of [`exchange`](Self::exchange) except for a missing token, then
    /// [`Error::AudienceNotServed`], [`Error::LifetimeTooLong`], [`Error::ScopeNotHeld`]. These
    /// come last, so that only the holder learns what the personal access token may do.
    pub async fn exchange_narrowed(
        &self,
        presented: &SecretString,
        narrowing: &Narrowing,
        address: IpAddr,
    ) -> Result<Exchanged, Error> {
        let presented = PersonalAccessToken::parse(presented.expose_secret()).ok();
        let exchanged = self
            .exchange_one(presented.as_ref(), narrowing, address)
            .await;
        self.inner.noted.exchanges.note(&exchanged);
        exchanged
    }

    async fn exchange_one(
        &self,
        presented: Option<&PersonalAccessToken>,
        narrowing: &Narrowing,
        address: IpAddr,
    ) -> Result<Exchanged, Error> {
        self.require_log()?;
        // The time is read before the lease. So no token has a later time than the check of its
        // rights.
        let now = self.now();
        let from = ReadFrom::Memory;
        let mut found = self.exchangeable(presented, now, address, from).await?;
        let CachedGrant {
            token_id, owner_id, ..
        } = found.known.grant;
        self.inner.limits.count_exchange(token_id, owner_id)?;
        if found.known.grant.first_use == FirstUse::Nothing {
            self.inner.cache.settle_first_use(&found.known).await;
        } else {
            // A refused narrowing must not count as a use of the secret.
            narrowing.minter(self, &found.known.grant)?;
            narrowing.scope(&found.known.grant)?;
            // This is committed before anything is minted, so that the holder of an authentication
            // token can rely on it.
            Box::pin(self.use_first(&found.known.grant)).await?;
            let from = ReadFrom::Database;
            found = self.exchangeable(presented, now, address, from).await?;
        }
        if found.known.grant.status_index.is_none() {
            let given = self.give_status_place(found.known.grant.token_id);
            Box::pin(given).await?;
            let from = ReadFrom::Database;
            found = self.exchangeable(presented, now, address, from).await?;
        }
        let exchanged = self.mint(found, narrowing, now)?;
        exchanged.known.grant.last_use.note(now, address);
        Ok(exchanged)
    }

    /// Does what the first exchange with a secret must do.
    pub(crate) async fn use_first(&self, grant: &CachedGrant) -> Result<(), Error> {
        match grant.first_use {
            FirstUse::Nothing => Ok(()),
            FirstUse::EndsOverlap => {
                self.end_overlap_at_first_use(grant.token_id, grant.hash)
                    .await
            }
            FirstUse::Confirms => self.confirm_secret(grant.token_id, grant.hash).await,
        }
    }

    /// The grant of a secret, if it may be exchanged at `now` from `address`, and the signing keys.
    pub(crate) async fn exchangeable(
        &self,
        presented: Option<&PersonalAccessToken>,
        now: Timestamp,
        address: IpAddr,
        from: ReadFrom,
    ) -> Result<Found, Error> {
        let found = match presented {
            Some(presented) => self.found(presented, address, from).await?,
            None => None,
        };
        let works = |found: &Found| {
            let life = &found.known.grant.life;
            life.is_usable(now) && !life.is_over(now)
        };
        let reused = |found: &Found, ended| {
            let token = found.known.grant.token_id;
            self.inner.reuses.note(token, ended, now, address);
        };
        let found = match found {
            Some(found) if works(&found) => found,
            ended => {
                if let Some(found) = ended {
                    reused(&found, Ended::Replaced);
                }
                self.inner.limits.count_failed_exchange(address)?;
                return Err(Problem::PersonalAccessTokenInvalid.into());
            }
        };
        let checked = found.known.grant.check(now, address);
        if checked == Err(Problem::PersonalAccessTokenRevoked) {
            reused(&found, Ended::Revoked);
        }
        checked?;
        Ok(found)
    }

    async fn found(
        &self,
        presented: &PersonalAccessToken,
        address: IpAddr,
        from: ReadFrom,
    ) -> Result<Option<Found>, Error> {
        let lane = || self.inner.limits.lane(address);
        for keys in self.roots().newest_first() {
            let hash = keys.hash_personal_access_token(presented).to_bytes();
            if let Some(found) = self.inner.cache.grant(hash, from, lane).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The grant of a secret, also of a dead one. `None` for an unknown secret, and for one whose
    /// rows were planted, altered or put back.
    pub(crate) async fn genuine_grant(
        &self,
        presented: &PersonalAccessToken,
    ) -> Result<Option<VerifiedGrant>, Error> {
        let currency = self.currency();
        let read = || async {
            let grant = self.find_grant(presented).await?;
            Ok(grant.map(|grant| {
                let head = grant.head;
                (grant, head)
            }))
        };
        let judged = currency.judged_at(read, |grant| VerifiedGrant::of(grant, currency));
        Ok(judged.await?.and_then(Result::ok))
    }

    /// The grant of a secret as the database has it, also of a dead secret. Its tags are not
    /// checked.
    pub(crate) async fn find_grant(
        &self,
        presented: &PersonalAccessToken,
    ) -> Result<Option<StoredGrant>, Error> {
        for keys in self.roots().newest_first() {
            let hash = keys.hash_personal_access_token(presented).to_bytes();
            if let Some(grant) = self.store().secrets().grant(&hash).await? {
                return Ok(Some(grant));
            }
        }
        Ok(None)
    }

    fn mint(
        &self,
        found: Found,
        narrowing: &Narrowing,
        now: Timestamp,
    ) -> Result<Exchanged, Error> {
        let inner = &self.inner;
        let grant = &found.known.grant;
        let (expires_at, until) = (grant.life.ends_at(), grant.life.exchanged_until());
        let Some(index) = grant.status_index else {
            // The place was taken away in the meantime. Without one, no verifier would accept the
            // token.
            return Err(StoreError::Retryable("the secret has no place".into()).into());
        };
        let (minter, lifetime_seconds) = narrowing.minter(self, grant)?;
        let scope = narrowing.scope(grant)?;
        let status_list = inner.status_lists.address();
        let minted = minter.mint(
            found.ring.signer(now)?,
            &Grant {
                owner_id: text(grant.owner_id.as_uuid(), &mut [0; Hyphenated::LENGTH]),
                user_name: &grant.user_name,
                token_id: text(grant.token_id.as_uuid(), &mut [0; Hyphenated::LENGTH]),
                generation: grant.generation,
                scope: scope.as_deref().unwrap_or(&grant.scope),
                lifetime_seconds,
                expires_at_ms: until.as_millis(),
                status: Some(StatusPlace {
                    index,
                    uri: &status_list,
                }),
                subject_id: grant.identity.as_deref().map(|identity| SubjectId {
                    issuer: identity.issuer.as_str(),
                    subject: identity.subject.as_str(),
                }),
            },
            now.as_millis(),
            text(inner.token_ids.next(), &mut [0; Hyphenated::LENGTH]),
        );
        let minted = match minted {
            // Lifetimes are whole seconds, and less than one is left.
            Err(AuthError::TooLate) => {
                let expiry = expires_at;
                return Err(Problem::PersonalAccessTokenExpired { expiry }.into());
            }
            other => other?,
        };
        Ok(Exchanged {
            token: minted.token,
            expires_at: Timestamp::from_millis(minted.expires_at.saturating_mul(1000)),
            personal_access_token_expires_at: expires_at,
            lifetime_seconds: minted.expires_at - now.as_seconds(),
            audience: narrowing
                .audience
                .as_ref()
                .map(|_| minter.audience().to_string()),
            known: found.known,
            scope,
        })
    }
}

/// The personal access token in the values of the header. `None` if the header has anything else.
///
/// # Errors
/// [`Problem::PersonalAccessTokenMissing`] if the header is missing or empty.
pub(crate) fn one_of(presented: &[&[u8]]) -> Result<Option<PersonalAccessToken>, Problem> {
    match presented {
        [] | [[]] => Err(Problem::PersonalAccessTokenMissing),
        [one] => Ok(PersonalAccessToken::parse(*one).ok()),
        _ => Ok(None),
    }
}

fn text(id: Uuid, room: &mut [u8; Hyphenated::LENGTH]) -> &str {
    id.hyphenated().encode_lower(room)
}

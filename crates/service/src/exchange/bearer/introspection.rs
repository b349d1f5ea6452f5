//! Introspection (RFC 7662): tells other services about a token that they were shown.

use ats_pat_domain::scope::INTROSPECT;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Lapse, Problem, Timestamp, TokenId, UserId};
use ats_pat_token::{Audience, PersonalAccessToken};
use secrecy::{ExposeSecret, SecretString};

use super::may_be_exchanged;
use crate::exchange::bearer::CheckedBearer;
use crate::ledger::verified_grant::VerifiedGrant;
use crate::service::Service;
use crate::service::error::Error;

/// Proof that a caller may introspect.
pub struct Introspector(());

/// The answer for a valid token. For every other token, the answer is only that it is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspection {
    /// Its scopes, separated by spaces.
    pub scope: String,
    /// The id of the personal access token.
    pub token_id: TokenId,
    /// The id of the owner.
    pub owner_id: UserId,
    /// The owner's current user name.
    pub user_name: String,
    /// The issuer (`iss`), which is this service.
    pub issuer: String,
    /// When it expires, in seconds since the epoch. At this second it is already expired.
    pub expires_at: i64,
    /// When it was issued, in seconds since the epoch. `None` if that is not known.
    pub issued_at: Option<i64>,
    /// More about an authentication token. `None` for a personal access token.
    pub authentication: Option<AuthenticationToken>,
}

/// More about an authentication token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationToken {
    /// The id of the authentication token.
    pub id: String,
    /// The services that may accept it (`aud`).
    pub audience: Audience,
    /// It is not valid before this time, in seconds since the epoch.
    pub not_before: i64,
}

impl Service {
    /// Checks that the owner of an authentication token may introspect.
    ///
    /// # Errors
    /// [`Problem::AuthenticationTokenInvalid`] if the token is not valid, [`Problem::Forbidden`]
    /// without the scope `introspect`.
    pub async fn introspector(&self, bearer: &str) -> Result<Introspector, Error> {
        let found = self.bearer_for_us(bearer).await?;
        if found.claims.has_scope(INTROSPECT) {
            Ok(Introspector(()))
        } else {
            Err(Problem::Forbidden.into())
        }
    }

    /// Describes a personal access token or an authentication token, by the database. `None` if it
    /// is not valid, for any reason. The networks of a personal access token and of the policy are
    /// not checked, because the holder's address is not known here. This is not a use of the token.
    pub async fn introspect(
        &self,
        _by: &Introspector,
        presented: &SecretString,
    ) -> Result<Option<Introspection>, Error> {
        let presented = presented.expose_secret();
        let issuer = &self.inner.settings.issuer;
        if let Ok(secret) = PersonalAccessToken::parse(presented) {
            let now = self.now();
            let grant = self.genuine_grant(&secret).await?;
            let grant = grant.filter(|grant| grant.is_usable(now));
            let policies = self.policies().await?;
            let life = |grant: &VerifiedGrant| {
                let lapse = Lapse::of(&grant.owner, self.sign_in_rules());
                grant.life(lapse)
            };
            let alive = grant.filter(|grant| {
                life(grant).check(now).is_ok()
                    && may_be_exchanged(&policies, &grant.token, &grant.owner)
            });
            return Ok(alive.map(|grant| {
                let scope = grant.token.scopes.to_string();
                let policy = policies.of(&grant.owner.groups);
                let written_out = policy.written_out(&scope);
                // The same scopes that its authentication token would have.
                let scope = written_out.map_or(scope, |scope| scope.to_string());
                let until = life(&grant).exchanged_until();
                of_personal_access_token(&grant, scope, issuer, until)
            }));
        }
        let found = self
            .bearer(presented, &self.inner.settings.audience)
            .await?;
        Ok(found.map(of_authentication_token))
    }
}

fn of_personal_access_token(
    grant: &VerifiedGrant,
    scope: String,
    issuer: &str,
    until: Timestamp,
) -> Introspection {
    let VerifiedGrant {
        secret,
        token,
        owner,
        ..
    } = grant;
    Introspection {
        scope,
        token_id: token.id,
        owner_id: owner.id,
        user_name: owner.name.as_str().to_owned(),
        issuer: issuer.to_owned(),
        expires_at: until.as_seconds(),
        // The time is stored only for the current secret.
        issued_at: (secret.slot == Some(Slot::Current)).then(|| {
            token
                .regenerated_at
                .unwrap_or(token.created_at)
                .as_seconds()
        }),
        authentication: None,
    }
}

fn of_authentication_token(bearer: CheckedBearer) -> Introspection {
    let CheckedBearer {
        claims,
        token,
        owner,
    } = bearer;
    Introspection {
        scope: claims.scope,
        token_id: token.id,
        owner_id: owner.id,
        user_name: owner.name.as_str().to_owned(),
        issuer: claims.iss,
        expires_at: claims.exp,
        issued_at: Some(claims.iat),
        authentication: Some(AuthenticationToken {
            id: claims.jti,
            audience: claims.aud,
            not_before: claims.nbf,
        }),
    }
}

//! What other services are told of a token that was shown to them (RFC 7662).

use ats_pat_domain::scope::INTROSPECT;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Problem, TokenId, UserId};
use ats_pat_token::{Audience, PersonalAccessToken};
use secrecy::{ExposeSecret, SecretString};

use super::may_be_exchanged;
use crate::bearer::Bearer;
use crate::ledger::verified_grant::VerifiedGrant;
use crate::service::Service;
use crate::service::error::Error;

/// Proof that a caller may introspect.
pub struct Introspector(());

/// A token that holds. What is said of every other is that it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspection {
    /// What it may be used for, separated by spaces.
    pub scope: String,
    /// The personal access token's id.
    pub token_id: TokenId,
    /// The owner's id.
    pub owner_id: UserId,
    /// The owner's user name, as it is now.
    pub user_name: String,
    /// Who issued it.
    pub issuer: String,
    /// From this second on it is expired, in seconds since the epoch.
    pub expires_at: i64,
    /// When it was issued, in seconds since the epoch; `None` where that is not known.
    pub issued_at: Option<i64>,
    /// What only an authentication token says.
    pub authentication: Option<AuthenticationToken>,
}

/// What only an authentication token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationToken {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub audience: Audience,
    /// Before this second it is not valid yet, in seconds since the epoch.
    pub not_before: i64,
}

impl Service {
    /// Finds out whether the bearer of an authentication token may introspect.
    ///
    /// # Errors
    /// 1206 for an authentication token that does not hold, 1102 for one without the scope
    /// `introspect`.
    pub async fn introspector(&self, bearer: &str) -> Result<Introspector, Error> {
        let found = self.bearer_for_us(bearer).await?;
        if found.claims.has_scope(INTROSPECT) {
            Ok(Introspector(()))
        } else {
            Err(Problem::Forbidden.into())
        }
    }

    /// What stands behind a personal access token or an authentication token, by the database;
    /// `None` if it does not hold, for whatever reason. From where a personal access token may be
    /// used is not looked at, neither by its own networks nor by the policy's: who shows it to the
    /// caller is not known here. This is no use of it.
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
            let grant = grant.filter(|grant| grant.life().is_usable(now));
            let policies = self.policies().await?;
            let alive = grant.filter(|grant| {
                grant.life().check(now).is_ok()
                    && may_be_exchanged(&policies, &grant.token, &grant.owner)
            });
            return Ok(alive.map(|grant| {
                let scope = grant.token.scopes.to_string();
                let policy = policies.of(&grant.owner.groups);
                let written_out = policy.written_out(&scope);
                // As an authentication token of it would say.
                let scope = written_out.map_or(scope, |scope| scope.to_string());
                of_personal_access_token(&grant, scope, issuer)
            }));
        }
        let found = self
            .bearer(presented, &self.inner.settings.audience)
            .await?;
        Ok(found.map(of_authentication_token))
    }
}

fn of_personal_access_token(grant: &VerifiedGrant, scope: String, issuer: &str) -> Introspection {
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
        expires_at: grant.life().ends_at().as_seconds(),
        // When the secret before the current one was issued stands nowhere.
        issued_at: (secret.slot == Some(Slot::Current)).then(|| {
            token
                .regenerated_at
                .unwrap_or(token.created_at)
                .as_seconds()
        }),
        authentication: None,
    }
}

fn of_authentication_token(bearer: Bearer) -> Introspection {
    let Bearer {
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

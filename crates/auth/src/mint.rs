use ats_pat_token::{Audience, Claims, Header, SigningAlgorithm, SigningInput};
use secrecy::SecretString;

use crate::{AuthError, SigningKeyPair};

const SHORTEST_LIFETIME: u32 = 60;
const LONGEST_LIFETIME: u32 = 3600;

/// Makes authentication tokens out of grants, with what the settings say of all of them.
#[derive(Debug, Clone)]
pub struct Minter {
    issuer: String,
    audience: Audience,
    lifetime: i64,
    algorithm: SigningAlgorithm,
}

/// The rights that a personal access token was found to carry.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The owner's id (`sub`).
    pub owner_id: &'a str,
    /// The owner's user name (`preferred_username`).
    pub user_name: &'a str,
    /// The personal access token's id (`client_id`).
    pub token_id: &'a str,
    /// Which secret of the personal access token was presented (`ats_generation`).
    pub generation: u32,
    /// The names of the scopes, separated by single spaces (`scope`).
    pub scope: &'a str,
    /// When the personal access token expires, in milliseconds since the epoch.
    pub expires_at_ms: i64,
}

/// An authentication token and its end.
pub struct Minted {
    /// The token, a JWS in compact form.
    pub token: SecretString,
    /// Its `exp`, in seconds since the epoch.
    pub expires_at: i64,
}

impl Minter {
    /// A minter for the settings: the issuer (the public URL), the audience, and the lifetime in seconds,
    /// 60 to 3600, else [`AuthError::LifetimeOutOfRange`].
    pub fn new(
        issuer: String,
        audience: Audience,
        lifetime_seconds: u32,
        algorithm: SigningAlgorithm,
    ) -> Result<Self, AuthError> {
        if !(SHORTEST_LIFETIME..=LONGEST_LIFETIME).contains(&lifetime_seconds) {
            return Err(AuthError::LifetimeOutOfRange {
                seconds: lifetime_seconds,
            });
        }
        Ok(Self {
            issuer,
            audience,
            lifetime: lifetime_seconds.into(),
            algorithm,
        })
    }

    /// The authentication token for `grant`, signed with `key`. `now_ms` is the reading of the clock that
    /// the grant was judged by, in milliseconds since the epoch; `jti` an id that no other token has.
    ///
    /// It never outlives the personal access token: where that has less than a second left, the answer is
    /// [`AuthError::TooLate`], and whoever asked is to be told that it has expired.
    pub fn mint(
        &self,
        key: &SigningKeyPair,
        grant: &Grant<'_>,
        now_ms: i64,
        jti: &str,
    ) -> Result<Minted, AuthError> {
        if grant.expires_at_ms.saturating_sub(now_ms) < 1000 {
            return Err(AuthError::TooLate);
        }
        // Both round down; with a second or more between them, `expires_at` comes after `issued_at`.
        let issued_at = now_ms.div_euclid(1000);
        let expires_at = (issued_at + self.lifetime).min(grant.expires_at_ms.div_euclid(1000));
        let header = Header {
            alg: self.algorithm,
            kid: key.kid().to_owned(),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: grant.owner_id.to_owned(),
            aud: self.audience.clone(),
            exp: expires_at,
            iat: issued_at,
            nbf: issued_at,
            jti: jti.to_owned(),
            client_id: grant.token_id.to_owned(),
            preferred_username: grant.user_name.to_owned(),
            scope: grant.scope.to_owned(),
            ats_generation: Some(grant.generation),
        };
        let input = SigningInput::new(&header, &claims);
        let signature = key.sign(input.as_bytes());
        Ok(Minted {
            token: input.with_signature(&signature),
            expires_at,
        })
    }
}

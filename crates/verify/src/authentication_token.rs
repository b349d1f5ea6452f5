//! An authentication token that the verifier accepted.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use ats_pat_token::{Claims, StatusReference};

use crate::{Error, error::Page, keys::KeyId};

/// The reserved scope with all the owner's rights.
const ALL: &str = "all";

/// The scope that `all` does not imply: only administrators may give it.
const INTROSPECT: &str = "introspect";

/// An accepted authentication token: who calls, and with which scopes. Cloning it is cheap.
#[derive(Clone)]
pub struct AuthenticationToken(Arc<Accepted>);

struct Accepted {
    claims: Claims,
    kid: KeyId,
    page: Arc<Page>,
}

impl AuthenticationToken {
    pub(crate) fn new(claims: Claims, kid: KeyId, page: Arc<Page>) -> Self {
        Self(Arc::new(Accepted { claims, kid, page }))
    }

    /// The id of the user whose rights the token carries. It is a UUID that never changes and is
    /// never used again. Attach rights to this id.
    pub fn owner(&self) -> &str {
        &self.claims().sub
    }

    /// The owner's user name when the token was issued. The name may change, and may belong to
    /// somebody else later. Show it, but don't compare it.
    pub fn user_name(&self) -> &str {
        &self.claims().preferred_username
    }

    /// The id of the personal access token that was exchanged for this token: a UUID.
    pub fn token_id(&self) -> &str {
        &self.claims().client_id
    }

    /// The scopes that the token names.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.claims().scopes()
    }

    /// Whether the token has `scope`: because it names the scope, or because it names `all`, which
    /// implies every scope but `introspect`.
    pub fn has_scope(&self, scope: &str) -> bool {
        let claims = self.claims();
        claims.has_scope(scope) || (scope != INTROSPECT && claims.has_scope(ALL))
    }

    /// Refuses a token that lacks a scope with [`Error::InsufficientScope`]. The error names the
    /// scope and links the issuer's form for a new personal access token, with the scope filled in.
    pub fn require_scope(&self, scope: &str) -> Result<(), Error> {
        if self.has_scope(scope) {
            Ok(())
        } else {
            Err(self.0.page.insufficient_scope(scope))
        }
    }

    /// When it expires, by the issuer's clock.
    pub fn expires_at(&self) -> SystemTime {
        at(self.claims().exp)
    }

    /// When it was issued, by the issuer's clock.
    pub fn issued_at(&self) -> SystemTime {
        at(self.claims().iat)
    }

    /// All claims of the token.
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// The place in the status list that says whether it was revoked.
    pub(crate) fn status(&self) -> Result<&StatusReference, Error> {
        self.claims().status.as_ref().ok_or(Error::NotListed)
    }

    /// The id of the key that signed it.
    pub(crate) fn kid(&self) -> KeyId {
        self.0.kid
    }
}

fn at(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

impl fmt::Debug for AuthenticationToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("AuthenticationToken")
            .field(self.claims())
            .finish()
    }
}

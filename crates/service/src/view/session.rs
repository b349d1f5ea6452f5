//! Users who are signed in, and their sessions.

use ats_pat_domain::{Timestamp, TokenId, User, UserId};
use serde::Serialize;

/// The user whose session it is, for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionUser {
    /// Never changed or reused, and the `sub` of authentication tokens.
    pub id: UserId,
    /// The name that the user signs in with.
    pub user_name: String,
    /// The name that pages show.
    pub display_name: String,
    /// Whether the user is an administrator.
    pub is_admin: bool,
}

impl SessionUser {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            is_admin: user.is_administrator,
        }
    }
}

/// A session of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionView {
    /// Names the session. It can't be used to sign in.
    pub id: String,
    /// Whether the request was made in this session.
    pub is_current: bool,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When it was last used. May be up to a minute late.
    pub last_seen_at: Timestamp,
    /// When it ends, even if it is in use.
    pub ends_at: Timestamp,
    /// The client's address at the sign-in, unless it was erased.
    pub address: Option<String>,
    /// The user agent at the sign-in, if one was sent and was not erased.
    pub user_agent: Option<String>,
    /// The identity provider that the user signed in at. `None` if it was by a password.
    pub provider: Option<String>,
}

/// The owner of an authentication token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    /// Never changed or reused, and the `sub` of the token.
    pub id: UserId,
    /// The owner's user name.
    pub user_name: String,
    /// The owner's display name.
    pub display_name: String,
    /// The scopes of this authentication token.
    pub scopes: Vec<String>,
    /// The personal access token that was exchanged for it.
    pub token_id: TokenId,
    /// When the authentication token expires.
    pub expires_at: Timestamp,
}

//! Who is signed in, and where.

use ats_pat_domain::{Timestamp, TokenId, User, UserId};
use serde::Serialize;

/// The signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionUser {
    /// The user's id.
    pub id: UserId,
    /// What the user signs in with.
    pub user_name: String,
    /// What the user is shown by.
    pub display_name: String,
    /// Whether the user administers the service.
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

/// One of the user's sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionView {
    /// Names the session; nobody can sign in with it.
    pub id: String,
    /// Whether it is the session that asks.
    pub is_current: bool,
    /// When its user signed in.
    pub created_at: Timestamp,
    /// When it was last used; may lag by a minute.
    pub last_seen_at: Timestamp,
    /// When it ends, whatever happens.
    pub ends_at: Timestamp,
    /// The address of the sign-in, unless it was erased.
    pub address: Option<String>,
    /// The user agent of the sign-in, where one was sent and was not erased.
    pub user_agent: Option<String>,
}

/// Whom an authentication token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    /// The owner's id.
    pub id: UserId,
    /// The owner's user name.
    pub user_name: String,
    /// What the owner is shown by.
    pub display_name: String,
    /// The rights of this authentication token.
    pub scopes: Vec<String>,
    /// The personal access token that it was exchanged for.
    pub token_id: TokenId,
    /// When the authentication token expires.
    pub expires_at: Timestamp,
}

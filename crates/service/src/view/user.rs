//! Users.

use ats_pat_domain::{Timestamp, User, UserId};
use serde::Serialize;

/// A user as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserView {
    /// The user's id.
    pub id: UserId,
    /// What the user signs in with.
    pub user_name: String,
    /// What the user is shown by.
    pub display_name: String,
    /// Whether the user administers the service.
    pub is_admin: bool,
    /// Whether the user is kept out.
    pub disabled: bool,
    /// When the user was added.
    pub created_at: Timestamp,
}

impl UserView {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            is_admin: user.is_administrator,
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}

/// A part of the list of users as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPageView {
    /// The users of the page, by folded name.
    pub items: Vec<UserView>,
    /// The page's number, from 1.
    pub page: u32,
    /// How many users a page has.
    pub page_size: u32,
    /// How many users there are on all pages.
    pub total: u64,
}

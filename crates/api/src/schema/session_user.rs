//! The signed-in user in answers.

use ats_pat_service::view;
use poem_openapi::Object;
use serde::Serialize;
use uuid::Uuid;

use crate::operation::Data;

/// The user who is signed in.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct SessionUser {
    /// Never changed or reused; the `sub` of authentication tokens.
    id: Uuid,
    /// What the user signs in with.
    user_name: String,
    /// What the user is shown by.
    display_name: String,
    /// Whether the user administers the service.
    is_admin: bool,
}

impl From<view::SessionUser> for SessionUser {
    fn from(user: view::SessionUser) -> Self {
        Self {
            id: user.id.as_uuid(),
            user_name: user.user_name,
            display_name: user.display_name,
            is_admin: user.is_admin,
        }
    }
}

impl Data for SessionUser {
    const DESCRIPTION: &'static str = "The answer with the signed-in user.";
}

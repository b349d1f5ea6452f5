//! Users.

use ats_pat_domain::group::Groups;
use ats_pat_domain::user::UserKind;
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
    /// Where notices are sent.
    pub email: Option<String>,
    /// Whether the user administers the service.
    pub is_admin: bool,
    /// Whether the user is kept out.
    pub disabled: bool,
    /// `Person` or `Service`; `Quarantined` for what is left of a row that was planted or altered,
    /// `Erased` for what is left of a user who was erased.
    pub kind: &'static str,
    /// The id of the person who manages the tokens of a service account.
    pub responsible_id: Option<UserId>,
    /// That person.
    pub responsible: Option<Responsible>,
    /// The groups that the user is in, sorted.
    pub groups: Groups,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// Who manages the tokens of a service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Responsible {
    /// What the person signs in with; the id where no genuine row has it.
    pub user_name: String,
    /// Whether the person can't manage the tokens now: nobody gets a secret for the account until
    /// another is named.
    pub disabled: bool,
}

const fn kind(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "Person",
        UserKind::Service => "Service",
        UserKind::Quarantined => "Quarantined",
        UserKind::Erased => "Erased",
    }
}

impl UserView {
    /// Without the responsible person.
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            is_admin: user.is_administrator,
            disabled: user.disabled,
            kind: kind(user.kind),
            responsible_id: user.responsible_id,
            responsible: None,
            groups: user.groups.clone(),
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

/// A service account as the person who is responsible for it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceAccountView {
    /// The account's id.
    pub id: UserId,
    /// What it is called.
    pub user_name: String,
    /// What it is shown by.
    pub display_name: String,
    /// The id of the person who is responsible for it.
    pub responsible_id: UserId,
    /// Whether it is kept out: its tokens are refused, and it gets no new ones.
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// The groups that the policy differs by. Not part of the interface.
    #[serde(skip)]
    pub groups: Groups,
}

impl ServiceAccountView {
    pub(crate) fn new(account: &User, responsible_id: UserId) -> Self {
        Self {
            id: account.id,
            user_name: account.name.as_str().to_owned(),
            display_name: account.display_name.as_str().to_owned(),
            responsible_id,
            disabled: account.disabled,
            created_at: account.created_at,
            groups: account.groups.clone(),
        }
    }
}

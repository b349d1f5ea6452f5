//! Users, as administrators and responsible persons see them.

use ats_pat_domain::group::Groups;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisabledMarks, Timestamp, User, UserId};
use serde::Serialize;

/// A user as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserView {
    /// Never changed or reused, and the `sub` of authentication tokens.
    pub id: UserId,
    /// The name that the user signs in with.
    pub user_name: String,
    /// The name that pages show.
    pub display_name: String,
    /// Where notices are sent.
    pub email: Option<String>,
    /// Whether the user administers the service.
    pub is_admin: bool,
    /// Whether the user is disabled.
    pub disabled: bool,
    /// Who disabled the user.
    pub disabled_by: DisabledMarks,
    /// `Person` or `Service`; `Quarantined` for what is left of a row that was planted or altered,
    /// `Erased` for what is left of a user who was erased.
    pub kind: &'static str,
    /// The id of the person who is responsible for this service account.
    pub responsible_id: Option<UserId>,
    /// What is known of that person.
    pub responsible: Option<Responsible>,
    /// The user's groups, sorted.
    pub groups: Groups,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// The person who is responsible for a service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Responsible {
    /// The name that the person signs in with, or the id if there is no genuine row with it.
    pub user_name: String,
    /// Whether the person can't manage the tokens now. Nobody gets a secret for the account until
    /// another person is responsible.
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
    /// The view of a user without the responsible person.
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            is_admin: user.is_administrator,
            disabled: user.is_disabled(),
            disabled_by: user.disabled,
            kind: kind(user.kind),
            responsible_id: user.responsible_id,
            responsible: None,
            groups: user.groups.clone(),
            created_at: user.created_at,
        }
    }
}

/// A page of the list of users as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPageView {
    /// The users of the page, sorted by folded name.
    pub items: Vec<UserView>,
    /// The number of the page, from 1.
    pub page: u32,
    /// The number of users on a page.
    pub page_size: u32,
    /// The number of users on all pages.
    pub total: u64,
}

/// A service account as its responsible person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceAccountView {
    /// Never changed or reused, and the `sub` of its authentication tokens.
    pub id: UserId,
    /// The account's user name.
    pub user_name: String,
    /// The name that pages show.
    pub display_name: String,
    /// The id of the responsible person.
    pub responsible_id: UserId,
    /// Whether it is disabled. Then its tokens are refused, and it gets no new ones.
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// The groups of the account, for the policy. Not part of the API.
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
            disabled: account.is_disabled(),
            created_at: account.created_at,
            groups: account.groups.clone(),
        }
    }
}

//! Users and groups as the company's directory sees them.

use ats_pat_domain::{GroupId, Timestamp, UserId};

/// A user as the directory sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUserView {
    /// The id in this service, which SCIM calls `id`.
    pub id: UserId,
    /// Who the user is in the directory. `None` for somebody who signed in before the provider told
    /// this.
    pub external_id: Option<String>,
    /// The name that the user signs in with.
    pub user_name: String,
    /// What the directory calls the user.
    pub display_name: Option<String>,
    /// The given name. `None` if the directory did not send one.
    pub given_name: Option<String>,
    /// The family name. `None` if the directory did not send one.
    pub family_name: Option<String>,
    /// Where notices are sent.
    pub email: Option<String>,
    /// Whether the directory lets the user in. Others may have disabled the user all the same.
    pub active: bool,
    /// The groups of the directory that the user is in.
    pub groups: Vec<GroupId>,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the directory last wrote the user.
    pub updated_at: Timestamp,
}

/// A group as the directory sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryGroupView {
    /// The id in this service, which SCIM calls `id`.
    pub id: GroupId,
    /// Its id in the directory.
    pub external_id: Option<String>,
    /// What the directory calls it.
    pub display_name: String,
    /// Its members by id. `None` if nobody asked for them.
    pub members: Option<Vec<UserId>>,
    /// When the directory made it.
    pub created_at: Timestamp,
    /// When the directory last wrote it.
    pub updated_at: Timestamp,
}

/// A part of a list, and the length of the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryPage<T> {
    /// The items of this part, in order.
    pub items: Vec<T>,
    /// The length of the whole list.
    pub total: u64,
}

//! What the directory says of users and groups, as written, and checked.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::{DisplayName, Email, GroupName, Reason, Subject, UserId, UserName};

/// What the directory says of a user. What is absent stays as it was. An empty text removes a
/// value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Who the user is in the directory. A new user needs it, and nothing changes it.
    pub external_id: Option<String>,
    /// The name that the user signs in with.
    pub user_name: Option<String>,
    /// The name that pages show. Without one, it is made of the others.
    pub display_name: Option<String>,
    /// The given name. `None` if the directory does not send one.
    pub given_name: Option<String>,
    /// The family name. `None` if the directory does not send one.
    pub family_name: Option<String>,
    /// Where notices are sent.
    pub email: Option<String>,
    /// Whether the directory lets the user in.
    pub active: Option<bool>,
}

/// What the directory says of a group. What is absent stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// What the directory calls it.
    pub display_name: Option<String>,
    /// Its id in the directory. An empty text removes it.
    pub external_id: Option<String>,
    /// Who joins and who leaves, in this order.
    pub members: Vec<MemberChange>,
}

/// Who joins a group, or leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// These join, if they are no members yet.
    Add(Vec<UserId>),
    /// These leave, if they are members.
    Remove(Vec<UserId>),
    /// These are the members, and nobody else.
    Replace(Vec<UserId>),
}

/// A value that is to be set, or removed.
#[derive(Clone)]
pub(super) enum Wanted<T> {
    AsBefore,
    Is(Option<T>),
}

impl<T: Clone> Wanted<T> {
    fn read(
        text: Option<&String>,
        attribute: &'static str,
        new: impl Fn(&str) -> Result<T, Reason>,
    ) -> Result<Self, DirectoryRefusal> {
        match text {
            None => Ok(Self::AsBefore),
            Some(text) if text.trim().is_empty() => Ok(Self::Is(None)),
            Some(text) => match new(text) {
                Ok(value) => Ok(Self::Is(Some(value))),
                Err(reason) => Err(DirectoryRefusal::Invalid { attribute, reason }),
            },
        }
    }

    /// The value that it leads to.
    pub(super) fn or(&self, before: Option<T>) -> Option<T> {
        match self {
            Self::AsBefore => before,
            Self::Is(value) => value.clone(),
        }
    }

    /// The value that must not be removed.
    fn required(self, attribute: &'static str) -> Result<Option<T>, DirectoryRefusal> {
        match self {
            Self::AsBefore => Ok(None),
            Self::Is(None) => Err(DirectoryRefusal::Invalid {
                attribute,
                reason: Reason::Empty,
            }),
            Self::Is(value) => Ok(value),
        }
    }
}

/// A [`DirectoryUser`] whose values were checked.
#[derive(Clone)]
pub(super) struct CheckedUser {
    pub(super) external_id: Option<Subject>,
    pub(super) user_name: Option<UserName>,
    pub(super) display_name: Wanted<DisplayName>,
    pub(super) given_name: Wanted<DisplayName>,
    pub(super) family_name: Wanted<DisplayName>,
    pub(super) email: Wanted<Email>,
    pub(super) active: Option<bool>,
}

impl DirectoryUser {
    pub(super) fn check(&self) -> Result<CheckedUser, DirectoryRefusal> {
        let name = |text, attribute| Wanted::read(text, attribute, DisplayName::new);
        let external_id = Wanted::read(self.external_id.as_ref(), "externalId", Subject::new);
        let user_name = Wanted::read(self.user_name.as_ref(), "userName", UserName::new);
        Ok(CheckedUser {
            external_id: external_id?.required("externalId")?,
            user_name: user_name?.required("userName")?,
            display_name: name(self.display_name.as_ref(), "displayName")?,
            given_name: name(self.given_name.as_ref(), "name.givenName")?,
            family_name: name(self.family_name.as_ref(), "name.familyName")?,
            email: Wanted::read(self.email.as_ref(), "emails", Email::new)?,
            active: self.active,
        })
    }
}

/// A [`GroupChange`] whose values were checked.
pub(super) struct CheckedGroup {
    pub(super) display_name: Option<GroupName>,
    pub(super) external_id: Wanted<Subject>,
    pub(super) members: Vec<MemberChange>,
}

impl GroupChange {
    pub(super) fn check(self) -> Result<CheckedGroup, DirectoryRefusal> {
        let name = Wanted::read(self.display_name.as_ref(), "displayName", GroupName::new);
        Ok(CheckedGroup {
            display_name: name?.required("displayName")?,
            external_id: Wanted::read(self.external_id.as_ref(), "externalId", Subject::new)?,
            members: self.members,
        })
    }
}

/// The value that must be there.
///
/// # Errors
/// [`DirectoryRefusal::Invalid`].
pub(super) fn required<T>(
    value: Option<T>,
    attribute: &'static str,
) -> Result<T, DirectoryRefusal> {
    value.ok_or(DirectoryRefusal::Invalid {
        attribute,
        reason: Reason::Required,
    })
}

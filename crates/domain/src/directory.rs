//! What the company's directory says over SCIM (RFC 7643): its entries for users, and its groups.

use crate::group::Group;
use crate::id::GroupId;
use crate::identity::{Identity, Issuer, Subject};
use crate::name::{DisplayName, GroupName};
use crate::time::Timestamp;
use crate::validation::Reason;

/// The entry of the directory that a user has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Who the user is at the identity provider of the directory: its issuer, and `externalId`.
    pub identity: Identity,
    /// Whether the directory made or took over the user. Without it, only a sign-in noted who the
    /// user is there.
    pub is_provisioned: bool,
    /// What the directory calls the user. A sign-in may tell another name for the pages.
    pub display_name: Option<DisplayName>,
    /// The given name. `None` if the directory did not send one.
    pub given_name: Option<DisplayName>,
    /// The family name. `None` if the directory did not send one.
    pub family_name: Option<DisplayName>,
    /// When the directory last wrote the user.
    pub updated_at: Timestamp,
}

impl DirectoryEntry {
    /// The form for storage, without the issuer: a line for each part. No part has a line break.
    pub fn to_stored(&self) -> String {
        let name = |name: &Option<DisplayName>| {
            let name = name.as_ref();
            name.map_or_else(String::new, |name| name.as_str().to_owned())
        };
        [
            self.identity.subject.as_str().to_owned(),
            i32::from(self.is_provisioned).to_string(),
            self.updated_at.as_millis().to_string(),
            name(&self.display_name),
            name(&self.given_name),
            name(&self.family_name),
        ]
        .join("\n")
    }

    /// Reads the stored form. What no release writes differs from what the row's tag is for.
    pub fn from_stored(issuer: &str, text: &str) -> Self {
        let mut lines = text.split('\n');
        let mut next = || lines.next().unwrap_or_default().to_owned();
        let (subject, is_provisioned, millis) = (next(), next(), next());
        let mut name = || Some(next()).filter(|name| !name.is_empty());
        Self {
            identity: Identity {
                issuer: Issuer::from_stored(issuer.to_owned()),
                subject: Subject::from_stored(subject),
            },
            is_provisioned: is_provisioned == "1",
            display_name: name().map(DisplayName::from_stored),
            given_name: name().map(DisplayName::from_stored),
            family_name: name().map(DisplayName::from_stored),
            updated_at: Timestamp::from_millis(millis.parse().unwrap_or_default()),
        }
    }
}

/// A group of the directory. Its members are in the users' rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Never changed or reused. The policy names the group by it.
    pub id: GroupId,
    /// What the directory calls it. Unique, compared folded.
    pub display_name: GroupName,
    /// Its id in the directory.
    pub external_id: Option<Subject>,
    /// When the directory made it.
    pub created_at: Timestamp,
    /// When the directory last wrote it.
    pub updated_at: Timestamp,
}

impl DirectoryGroup {
    /// The group as users' rows and the policy name it.
    pub fn group(&self) -> Group {
        Group::of_directory(self.id)
    }
}

/// Why a request of the directory is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryRefusal {
    /// There is no such user or group, or the directory does not reach it.
    #[error("there is no such resource, or it is not one of this directory")]
    NotFound,
    /// Another user or group has this value.
    #[error("the value of {attribute} is taken by another resource")]
    Taken {
        /// The attribute, as SCIM names it.
        attribute: &'static str,
    },
    /// The attribute can't be changed any more.
    #[error("{attribute} can't be changed: delete the resource and make another")]
    Immutable {
        /// The attribute, as SCIM names it.
        attribute: &'static str,
    },
    /// The value breaks a rule.
    #[error("the value of {attribute} is not allowed ({})", .reason.as_str())]
    Invalid {
        /// The attribute, as SCIM names it.
        attribute: &'static str,
        /// The rule that the value breaks.
        reason: Reason,
    },
    /// A member is none of the directory's users.
    #[error("members names a user whom this directory does not have")]
    NoMember,
    /// The user would be in too many groups.
    #[error("a user can be in 200 groups at most")]
    TooManyGroups,
    /// The resource is another than the request says it is.
    #[error("the resource was changed since it was read: read it again")]
    Changed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_as_it_was_stored() {
        let name = |text: &str| Some(DisplayName::new(text).unwrap());
        for (given_name, family_name) in [
            (None, None),
            (name("Ada"), None),
            (None, name("King")),
            (name("Ada"), name("King")),
        ] {
            for is_provisioned in [false, true] {
                let entry = DirectoryEntry {
                    identity: Identity {
                        issuer: Issuer::new("https://id.example").unwrap(),
                        subject: Subject::new("a b|1").unwrap(),
                    },
                    is_provisioned,
                    display_name: family_name.clone(),
                    given_name: given_name.clone(),
                    family_name: family_name.clone(),
                    updated_at: Timestamp::from_millis(-7),
                };
                let stored = entry.to_stored();
                assert_eq!(
                    DirectoryEntry::from_stored("https://id.example", &stored),
                    entry
                );
            }
        }
    }
}

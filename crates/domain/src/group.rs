//! Groups of users, which the policy can distinguish.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::id::GroupId;
use crate::identity::ProviderName;
use crate::validation::Reason;

/// The name that stands for the company's directory in the names of groups. No identity provider
/// can have it.
pub const DIRECTORY: &str = "scim";
/// The most groups of one user.
pub const MAX_GROUPS: usize = 200;
/// The longest name of a group with its provider, in characters.
const MAX_GROUP: usize = 200;
/// The most bytes of all groups of one user. A `TEXT` column of MariaDB has room for no more.
const MAX_BYTES: usize = 60_000;

/// A group, written `NAME/value`. NAME is the provider that says who is in the group. A group of a
/// directory is `scim/id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Group(String);

impl Group {
    /// Reads `NAME/value`. NAME has 1 to 32 small letters and digits. The whole has at most 200
    /// characters and no control character.
    ///
    /// # Errors
    /// [`InvalidGroup::NotAGroup`].
    pub fn new(text: &str) -> Result<Self, InvalidGroup> {
        let is_group = text.split_once('/').is_some_and(|(name, value)| {
            ProviderName::new(name).is_ok() && !value.trim().is_empty()
        }) && text.chars().count() <= MAX_GROUP
            && !text.contains(char::is_control);
        if is_group {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidGroup::NotAGroup {
                name: text.chars().take(MAX_GROUP).collect(),
            })
        }
    }

    /// A group of the company's directory.
    pub fn of_directory(id: GroupId) -> Self {
        Self(format!("{DIRECTORY}/{id}"))
    }

    /// The group of the company's directory that it is.
    pub fn directory_id(&self) -> Option<GroupId> {
        let (name, id) = self.0.split_once('/')?;
        id.parse().ok().filter(|_| name == DIRECTORY)
    }

    /// The group as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The groups of one user: at most 200, sorted, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(Vec<Group>);

impl Groups {
    /// The groups with these names. Drops duplicates.
    ///
    /// # Errors
    /// [`InvalidGroup`] if a name is not a group's, or if there are too many.
    pub fn new(names: &[String]) -> Result<Self, InvalidGroup> {
        let groups = names.iter().map(|name| Group::new(name));
        let groups = Self::sorted(groups.collect::<Result<_, _>>()?);
        let bytes: usize = groups.0.iter().map(|group| group.0.len() + 1).sum();
        if groups.0.len() > MAX_GROUPS || bytes > MAX_BYTES {
            return Err(InvalidGroup::TooMany);
        }
        Ok(groups)
    }

    /// Reads the stored form. A line that is not a valid group stays, but no policy can name it.
    pub fn from_stored(text: &str) -> Self {
        let lines = text.split('\n').filter(|line| !line.is_empty());
        Self::sorted(lines.map(|line| Group(line.to_owned())).collect())
    }

    /// The form for storage, with a group on each line. `None` if there are no groups.
    pub fn to_stored(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.names().join("\n"))
    }

    fn sorted(mut groups: Vec<Group>) -> Self {
        groups.sort_unstable();
        groups.dedup();
        Self(groups)
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this group is one of them.
    pub fn contain(&self, group: &Group) -> bool {
        self.0.binary_search(group).is_ok()
    }

    /// Each group, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.0.iter()
    }

    /// The names of all groups, in their order.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|group| group.0.clone()).collect()
    }
}

impl Serialize for Groups {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Why names are not valid groups.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGroup {
    /// The name is not a group's.
    #[error(
        "{name:?} is no group: write the provider in small letters and digits, a slash and the group, such as corp/builders, with 200 characters at most"
    )]
    NotAGroup {
        /// The name as written, its first 200 characters.
        name: String,
    },
    /// A user can't have so many groups.
    #[error("these are too many groups: a user has 200 at most, with 60,000 bytes in all")]
    TooMany,
}

impl InvalidGroup {
    /// The reason that the API gives.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NotAGroup { .. } => Reason::UnknownValue,
            Self::TooMany => Reason::TooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn groups_are_sorted_and_without_duplicates() {
        let groups = Groups::new(&names(&["scim/7", "corp/b c", "corp/a/b", "scim/7"])).unwrap();
        assert_eq!(groups.names(), ["corp/a/b", "corp/b c", "scim/7"]);
        let stored = groups.to_stored().unwrap();
        assert_eq!(Groups::from_stored(&stored), groups);
        assert_eq!(Groups::default().to_stored(), None);
        assert_eq!(Groups::from_stored(""), Groups::default());
        assert!(groups.contain(&Group::new("scim/7").unwrap()));
        assert!(!groups.contain(&Group::new("scim/8").unwrap()));
    }

    #[test]
    fn a_name_of_another_form_is_refused() {
        let long = format!("corp/{}", "x".repeat(196));
        let long_provider = format!("{}/x", "x".repeat(33));
        for name in [
            "",
            "corp",
            "corp/",
            "corp/ ",
            "/builders",
            "Corp/builders",
            "co-rp/builders",
            "corp/buil\nders",
            "corp/buil\u{85}ders",
            &long,
            &long_provider,
        ] {
            let found = Group::new(name);
            assert!(
                matches!(found, Err(InvalidGroup::NotAGroup { .. })),
                "{name:?}"
            );
        }
        for name in ["c/é", &long[..200], &long_provider[1..]] {
            assert!(Group::new(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_user_has_at_most_two_hundred_groups() {
        let many: Vec<String> = (0..201).map(|number| format!("corp/{number}")).collect();
        assert!(Groups::new(&many[1..]).is_ok());
        assert_eq!(Groups::new(&many), Err(InvalidGroup::TooMany));
        let wide: Vec<String> = (0..100)
            .map(|number| format!("corp/{number}{}", "𝒜".repeat(190)))
            .collect();
        assert_eq!(Groups::new(&wide), Err(InvalidGroup::TooMany));
    }
}

//! The paths of SCIM, and what they mean.

use percent_encoding::percent_decode_str;

/// What all paths begin with.
pub const BASE: &str = "/scim/v2";
/// The path of users.
pub const USERS: &str = "/scim/v2/Users";
/// The path of groups.
pub const GROUPS: &str = "/scim/v2/Groups";

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The users of the directory.
    Users,
    /// One user, by id.
    User(String),
    /// The groups of the directory.
    Groups,
    /// One group, by id.
    Group(String),
    /// What the service can do.
    ServiceProviderConfig,
    /// What kinds of resources there are.
    ResourceTypes,
    /// One kind of resource, by name.
    ResourceType(String),
    /// What attributes there are.
    Schemas,
    /// Those of one kind.
    Schema(String),
    /// What SCIM has, and this service has not.
    NotImplemented,
    /// No path of SCIM.
    Nothing,
}

impl Route {
    /// The templates, as the counts of requests know them, in the order of [`Self::number`].
    pub const TEMPLATES: [&str; 11] = [
        "/scim/v2/Users",
        "/scim/v2/Users/:Id",
        "/scim/v2/Groups",
        "/scim/v2/Groups/:Id",
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2/ResourceTypes",
        "/scim/v2/ResourceTypes/:Id",
        "/scim/v2/Schemas",
        "/scim/v2/Schemas/:Id",
        "/scim/v2/.search",
        "/scim/v2",
    ];

    /// Whether a path is one of these.
    pub fn is_here(path: &str) -> bool {
        let rest = path.strip_prefix(BASE);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Reads a path that [is here](Self::is_here).
    pub fn of(path: &str) -> Self {
        let rest = path.strip_prefix(BASE).unwrap_or_default();
        let rest = rest.strip_prefix('/').unwrap_or_default();
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (kind, id) = match rest.split_once('/') {
            Some((kind, id)) => (kind, Some(id)),
            None => (rest, None),
        };
        let id = match id {
            None => None,
            Some(id) => match percent_decode_str(id).decode_utf8() {
                Ok(id) if !id.is_empty() && !id.contains('/') => Some(id.into_owned()),
                _ => return Self::Nothing,
            },
        };
        match (kind, id) {
            ("Users", None) => Self::Users,
            ("Users" | "Groups", Some(id)) if id == ".search" => Self::NotImplemented,
            ("Users", Some(id)) => Self::User(id),
            ("Groups", None) => Self::Groups,
            ("Groups", Some(id)) => Self::Group(id),
            ("ServiceProviderConfig", None) => Self::ServiceProviderConfig,
            ("ResourceTypes", None) => Self::ResourceTypes,
            ("ResourceTypes", Some(id)) => Self::ResourceType(id),
            ("Schemas", None) => Self::Schemas,
            ("Schemas", Some(id)) => Self::Schema(id),
            (".search" | "Bulk" | "Me", None) => Self::NotImplemented,
            _ => Self::Nothing,
        }
    }

    /// The place in [`Self::TEMPLATES`].
    pub const fn number(&self) -> usize {
        match self {
            Self::Users => 0,
            Self::User(_) => 1,
            Self::Groups => 2,
            Self::Group(_) => 3,
            Self::ServiceProviderConfig => 4,
            Self::ResourceTypes => 5,
            Self::ResourceType(_) => 6,
            Self::Schemas => 7,
            Self::Schema(_) => 8,
            Self::NotImplemented => 9,
            Self::Nothing => 10,
        }
    }

    /// The methods that the path takes.
    pub fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Users | Self::Groups => &["GET", "HEAD", "POST"],
            Self::User(_) | Self::Group(_) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
            Self::NotImplemented => &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            Self::Nothing => &[],
            _ => &["GET", "HEAD"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exact_but_for_one_slash_at_the_end() {
        let id = "a:b".to_owned();
        for (path, route) in [
            ("/scim/v2/Users", Route::Users),
            ("/scim/v2/Users/", Route::Users),
            ("/scim/v2/Users/a%3Ab", Route::User(id.clone())),
            ("/scim/v2/Schemas/a:b", Route::Schema(id)),
            ("/scim/v2", Route::Nothing),
            ("/scim/v2/users", Route::Nothing),
            ("/scim/v2/Users//", Route::Nothing),
            ("/scim/v2/Users/a/b", Route::Nothing),
            ("/scim/v2/Users/a%2Fb", Route::Nothing),
            ("/scim/v2/Me", Route::NotImplemented),
            ("/scim/v2/Users/.search", Route::NotImplemented),
        ] {
            assert!(Route::is_here(path));
            assert_eq!(Route::of(path), route, "{path}");
            let template = Route::TEMPLATES[route.number()];
            assert!(template.starts_with(BASE));
        }
        assert!(!Route::is_here("/scim/v20/Users") && !Route::is_here("/scim"));
    }
}

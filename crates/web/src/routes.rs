//! The table of routes: every page, and every path that its forms are posted to.

use crate::place::Place;
use crate::route::Route;
use crate::{account, administration, docs, home, provider, setup, sign_in, tokens};

/// The routes of each page. If two match a path, the first one counts.
const TABLE: &[&[Route]] = &[
    home::ROUTES,
    docs::ROUTES,
    setup::ROUTES,
    sign_in::ROUTES,
    provider::ROUTES,
    tokens::ROUTES,
    tokens::details::ROUTES,
    tokens::edit::ROUTES,
    account::password::ROUTES,
    account::sessions::ROUTES,
    account::service_accounts::ROUTES,
    administration::users::ROUTES,
    administration::service_accounts::ROUTES,
    administration::password::ROUTES,
    administration::tokens::found::ROUTES,
    administration::tokens::chosen::ROUTES,
    administration::tokens::job::ROUTES,
    administration::tokens::ROUTES,
    administration::operator_keys::ROUTES,
    administration::policy::ROUTES,
    administration::audit::ROUTES,
];

/// A route that was found.
pub struct Found {
    /// The route that has the path.
    pub route: &'static Route,
    /// Its index in [`paths`].
    pub number: usize,
    /// The id in the path. Empty for a route without one.
    pub id: String,
    /// The owner of the tokens, if the page is about tokens.
    pub place: Place,
}

/// The route of a path.
pub fn find(path: &str) -> Option<Found> {
    let (place, path) = Place::split(path);
    let mut routes = TABLE.iter().copied().flatten().enumerate();
    routes.find_map(|(number, route)| {
        let id = route.id_in(&path)?.to_owned();
        let place = place.clone();
        Some(Found {
            route,
            number,
            id,
            place,
        })
    })
}

/// The paths of all routes, by index.
pub fn paths() -> impl Iterator<Item = &'static str> {
    TABLE.iter().copied().flatten().map(|route| route.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exact() {
        for path in [
            "",
            "/Settings",
            "/docs/",
            "/settings/",
            "//settings",
            "/settings/personal-access-tokens/",
            "/settings/personal-access-tokens//revoke",
            "/settings/personal-access-tokens/1/revoke/",
            "/settings/personal-access-tokens/1/burn",
            "/settings/personal-access-tokens/1/2/revoke",
            "/settings/personal-access-tokensX/1/revoke",
            "/settings/all-tokens/1/2/revoke",
            "/signin/",
            "/signin/corp/",
            "/signin/corp/callback/x",
            "/settings/all-tokens/1/regenerate",
            "/api",
            "/settings/service-accounts/deploy/tokens",
            "/settings/service-accounts/0193f2a0-7b1c-7d2e-8f00-0123456789ab",
            "/settings/service-accounts/0193f2a0-7b1c-7d2e-8f00-0123456789ab/tokens/1/burn",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_actions_of_a_token_name_it() {
        for (path, pattern, named) in [
            (
                "/settings/personal-access-tokens/7/revoke",
                "/settings/personal-access-tokens/{id}/revoke",
                "7",
            ),
            (
                "/settings/all-tokens/7/revoke",
                "/settings/all-tokens/{id}/revoke",
                "7",
            ),
            (
                "/settings/personal-access-tokens/new",
                "/settings/personal-access-tokens/new",
                "",
            ),
            (
                "/settings/service-accounts/0193f2a0-7b1c-7d2e-8f00-0123456789ab/tokens/7/revoke",
                "/settings/personal-access-tokens/{id}/revoke",
                "7",
            ),
            (
                "/settings/all-tokens/new",
                "/settings/all-tokens/{id}",
                "new",
            ),
        ] {
            let found = find(path).unwrap();
            assert_eq!((found.route.path, found.id.as_str()), (pattern, named));
        }
    }

    #[test]
    fn no_path_is_there_twice() {
        let mut paths: Vec<_> = TABLE.iter().copied().flatten().map(|it| it.path).collect();
        let all = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), all);
    }
}

//! The owner of the tokens on a page: the person, or a service account.

use ats_pat_domain::UserId;
use ats_pat_service::Owner;

/// The path of a person's own tokens. The form for a new one is posted there, too.
pub const TOKENS: &str = "/settings/personal-access-tokens";
/// The path of the service accounts that a person is responsible for.
pub const SERVICE_ACCOUNTS: &str = "/settings/service-accounts";
/// The last segment of the path of an account's tokens.
const OF_ACCOUNT: &str = "tokens";

/// The owner of the tokens on a page, and their path.
#[derive(Clone)]
pub struct Place {
    /// Whose tokens they are.
    pub owner: Owner,
    /// The path of the table of tokens.
    pub tokens: String,
}

impl Place {
    /// A person's own tokens.
    pub fn own() -> Self {
        Self {
            owner: Owner::Own,
            tokens: TOKENS.to_owned(),
        }
    }

    /// The tokens of a service account.
    pub fn of_account(id: UserId) -> Self {
        Self {
            owner: Owner::ServiceAccount(id),
            tokens: format!("{SERVICE_ACCOUNTS}/{id}/{OF_ACCOUNT}"),
        }
    }

    /// The place of a path, and the path of the same page for a person's own tokens. Both have one
    /// route.
    pub fn split(path: &str) -> (Self, String) {
        let of_account = || {
            let rest = path.strip_prefix(SERVICE_ACCOUNTS)?.strip_prefix('/')?;
            let (id, rest) = rest.split_once('/')?;
            let rest = rest.strip_prefix(OF_ACCOUNT)?;
            let is_whole = rest.is_empty() || rest.starts_with('/');
            let place = Self::of_account(id.parse().ok().filter(|_| is_whole)?);
            Some((place, format!("{TOKENS}{rest}")))
        };
        of_account().unwrap_or_else(|| (Self::own(), path.to_owned()))
    }

    /// The path of a page in this place, if `own` is its path for a person's own tokens. Every
    /// other path stays the same.
    pub fn here(&self, own: &str) -> String {
        match own.strip_prefix(TOKENS) {
            Some(rest) => format!("{}{rest}", self.tokens),
            None => own.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";

    #[test]
    fn the_pages_of_an_account_are_those_of_ones_own_tokens() {
        let base = format!("/settings/service-accounts/{ACCOUNT}/tokens");
        for rest in ["", "/new", "/7/edit"] {
            let (place, own) = Place::split(&format!("{base}{rest}"));
            assert_eq!(own, format!("{TOKENS}{rest}"));
            assert_eq!(place.owner, Owner::service_account(ACCOUNT));
            assert_eq!(place.here(&own), format!("{base}{rest}"));
        }
        let (place, _) = Place::split(&base.replace(ACCOUNT, &ACCOUNT.to_uppercase()));
        assert_eq!(place.tokens, base);
        assert_eq!(place.here("/settings/users"), "/settings/users");
    }

    #[test]
    fn every_other_path_is_among_ones_own() {
        for path in [
            TOKENS,
            "/settings/personal-access-tokens/new",
            SERVICE_ACCOUNTS,
            "/settings/service-accounts/",
            "/settings/service-accounts/deploy/tokens",
            "/settings/service-accountsX/0193f2a0-7b1c-7d2e-8f00-0123456789ab/tokens",
            "/settings/service-accounts/0193f2a0-7b1c-7d2e-8f00-0123456789ab",
            "/settings/service-accounts/0193f2a0-7b1c-7d2e-8f00-0123456789ab/tokensX",
        ] {
            let (place, own) = Place::split(path);
            assert_eq!((place.owner, own.as_str()), (Owner::Own, path));
        }
    }
}

//! Which page a path means.

/// The list of one's tokens, and where a new one is posted to.
pub const TOKENS: &str = "/settings/personal-access-tokens";
/// The same with the form for a new one open.
pub const NEW_TOKEN: &str = "/settings/personal-access-tokens/new";
/// The interface for programs, to read and to try.
pub const DOCS: &str = "/docs";
/// One's password.
pub const PASSWORD: &str = "/settings/password";
/// One's sessions.
pub const SESSIONS: &str = "/settings/sessions";
/// Everybody.
pub const USERS: &str = "/settings/users";
/// Everybody's tokens.
pub const ALL_TOKENS: &str = "/settings/all-tokens";
/// The audit trail.
pub const AUDIT: &str = "/settings/audit";

/// A page, or what a form of one is posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The start page.
    Home,
    /// The interface for programs.
    Docs,
    /// Signing in.
    SignIn,
    /// Signing out.
    SignOut,
    /// The first administrator.
    SetUp,
    /// Opens on one's tokens.
    Settings,
    /// One's tokens.
    Tokens,
    /// One's tokens with the form for a new one.
    NewToken,
    /// One of one's tokens.
    Token(String),
    /// A new secret for one of one's tokens.
    Regenerate(String),
    /// The end of one of one's tokens.
    Revoke(String),
    /// One's password.
    Password,
    /// One's sessions.
    Sessions,
    /// The end of one of them, or of all others.
    EndSession,
    /// Everybody.
    Users,
    /// Keeping a user out.
    DisableUser,
    /// Letting a user in again.
    EnableUser,
    /// A new password for a user.
    SetPassword,
    /// Everybody's tokens.
    AllTokens,
    /// Anybody's token.
    AnyToken(String),
    /// The end of anybody's token.
    RevokeAny(String),
    /// The audit trail.
    Audit,
    /// The audit trail as a file.
    AuditExport,
}

impl Route {
    /// The page of this path, if there is one.
    pub fn parse(path: &str) -> Option<Self> {
        Some(match path {
            "/" => Self::Home,
            DOCS => Self::Docs,
            "/signin" => Self::SignIn,
            "/signout" => Self::SignOut,
            "/setup" => Self::SetUp,
            "/settings" => Self::Settings,
            TOKENS => Self::Tokens,
            NEW_TOKEN => Self::NewToken,
            PASSWORD => Self::Password,
            SESSIONS => Self::Sessions,
            "/settings/sessions/end" => Self::EndSession,
            USERS => Self::Users,
            "/settings/users/disable" => Self::DisableUser,
            "/settings/users/enable" => Self::EnableUser,
            "/settings/users/password" => Self::SetPassword,
            ALL_TOKENS => Self::AllTokens,
            AUDIT => Self::Audit,
            "/settings/audit.csv" => Self::AuditExport,
            _ => return Self::of_token(path),
        })
    }

    fn of_token(path: &str) -> Option<Self> {
        let own = |rest: &str| {
            let Some((id, action)) = rest.split_once('/') else {
                return (!rest.is_empty()).then(|| Self::Token(rest.to_owned()));
            };
            match action {
                "regenerate" => Some(Self::Regenerate(id.to_owned())),
                "revoke" => Some(Self::Revoke(id.to_owned())),
                _ => None,
            }
        };
        let any = |rest: &str| {
            let Some((id, action)) = rest.split_once('/') else {
                return (!rest.is_empty()).then(|| Self::AnyToken(rest.to_owned()));
            };
            (action == "revoke").then(|| Self::RevokeAny(id.to_owned()))
        };
        let below = |folder| path.strip_prefix(folder)?.strip_prefix('/');
        below(TOKENS)
            .and_then(own)
            .or_else(|| below(ALL_TOKENS).and_then(any))
    }

    /// Whether the page takes forms.
    pub const fn takes_posts(&self) -> bool {
        !matches!(
            self,
            Self::Home
                | Self::Docs
                | Self::Settings
                | Self::NewToken
                | Self::Token(_)
                | Self::AnyToken(_)
                | Self::AllTokens
                | Self::Audit
                | Self::AuditExport
        )
    }

    /// The page to look at where only forms are posted to: who comes there by GET (after signing in
    /// again, say) is led to it.
    pub const fn page(&self) -> Option<&'static str> {
        match self {
            Self::SignOut => Some("/"),
            Self::Settings | Self::Regenerate(_) | Self::Revoke(_) => Some(TOKENS),
            Self::EndSession => Some(SESSIONS),
            Self::DisableUser | Self::EnableUser => Some(USERS),
            Self::RevokeAny(_) => Some(ALL_TOKENS),
            _ => None,
        }
    }
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
            "/settings/personal-access-tokens/1/revoke/",
            "/settings/personal-access-tokens/1/burn",
            "/settings/personal-access-tokens/1/2/revoke",
            "/settings/personal-access-tokensX/1/revoke",
            "/settings/all-tokens/1/2/revoke",
            "/settings/all-tokens/1/regenerate",
            "/api",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }

    #[test]
    fn the_actions_of_a_token_name_it() {
        assert_eq!(
            Route::parse("/settings/personal-access-tokens/7/revoke"),
            Some(Route::Revoke("7".to_owned()))
        );
        assert_eq!(
            Route::parse("/settings/all-tokens/7/revoke"),
            Some(Route::RevokeAny("7".to_owned()))
        );
    }
}

//! What is asked before something is done to a user.

use ats_pat_text::Text;

/// Where a user is disabled.
pub const DISABLE: &str = "/settings/users/disable";
/// Where a user is enabled.
pub const ENABLE: &str = "/settings/users/enable";
/// Where all tokens of a user are revoked.
pub const REVOKE_TOKENS: &str = "/settings/users/revoke-tokens";

/// Something that is done to a user after a question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The user is kept out.
    Disable,
    /// The user is let in again.
    Enable,
    /// All tokens of the user are revoked.
    RevokeTokens,
}

impl Act {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::RevokeTokens, Self::Disable, Self::Enable];

    /// Where it is asked, and done.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Disable => DISABLE,
            Self::Enable => ENABLE,
            Self::RevokeTokens => REVOKE_TOKENS,
        }
    }

    /// The id of the dialog that asks.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::RevokeTokens => "revoke",
        }
    }

    /// The entry of the menu.
    pub fn label(self, text: Text) -> &'static str {
        match self {
            Self::Disable => text.users_disable(),
            Self::Enable => text.users_enable(),
            Self::RevokeTokens => text.users_revoke_tokens(),
        }
    }

    /// What is asked.
    pub fn question(self, user_name: &str, text: Text) -> String {
        match self {
            Self::Disable => text.users_disable_question(user_name),
            Self::Enable => text.users_enable_question(user_name),
            Self::RevokeTokens => text.users_revoke_tokens_question(user_name),
        }
    }

    /// What happens then.
    pub fn consequence(self, text: Text) -> &'static str {
        match self {
            Self::Disable => text.users_disable_consequence(),
            Self::Enable => text.users_enable_consequence(),
            Self::RevokeTokens => text.users_revoke_tokens_consequence(),
        }
    }

    /// Whether it takes something away.
    pub const fn is_danger(self) -> bool {
        !matches!(self, Self::Enable)
    }
}

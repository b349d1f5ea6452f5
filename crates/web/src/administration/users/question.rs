//! The questions before an administrator disables or enables a user, or revokes the user's tokens.

use ats_pat_text::Text;

/// The path for disabling a user.
pub const DISABLE: &str = "/settings/users/disable";
/// The path for enabling a user.
pub const ENABLE: &str = "/settings/users/enable";
/// The path for revoking all tokens of a user.
pub const REVOKE_TOKENS: &str = "/settings/users/revoke-tokens";

/// What an administrator does to a user after a question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Disables the user, whose sessions end.
    Disable,
    /// Enables the user again.
    Enable,
    /// Revokes all tokens of the user.
    RevokeTokens,
}

impl Act {
    /// All acts, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::RevokeTokens, Self::Disable, Self::Enable];

    /// The path of the question and of the act.
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

    /// What the administrator is asked before the act.
    pub fn question(self, user_name: &str, text: Text) -> String {
        match self {
            Self::Disable => text.users_disable_question(user_name),
            Self::Enable => text.users_enable_question(user_name),
            Self::RevokeTokens => text.users_revoke_tokens_question(user_name),
        }
    }

    /// What the act does, in words.
    pub fn consequence(self, text: Text) -> &'static str {
        match self {
            Self::Disable => text.users_disable_consequence(),
            Self::Enable => text.users_enable_consequence(),
            Self::RevokeTokens => text.users_revoke_tokens_consequence(),
        }
    }

    /// Whether the act takes rights away.
    pub const fn is_danger(self) -> bool {
        !matches!(self, Self::Enable)
    }
}

//! What is asked before a user is enabled, or disabled.

use ats_pat_text::Text;

/// Where a user is disabled.
pub const DISABLE: &str = "/settings/users/disable";
/// Where a user is enabled.
pub const ENABLE: &str = "/settings/users/enable";

/// What is asked before a user is enabled, or disabled.
pub fn question(user_name: &str, is_disabled: bool, text: Text) -> String {
    if is_disabled {
        text.users_enable_question(user_name)
    } else {
        text.users_disable_question(user_name)
    }
}

/// What happens then.
pub fn consequence(is_disabled: bool, text: Text) -> &'static str {
    if is_disabled {
        text.users_enable_consequence()
    } else {
        text.users_disable_consequence()
    }
}

/// Where it is asked.
pub const fn path(enables: bool) -> &'static str {
    if enables { ENABLE } else { DISABLE }
}

//! The message that the next page shows about a change. A cookie keeps it over the redirect. So no
//! link can make a page show it, and no reload shows it again.

use ats_pat_http::{HttpSettings, cookie_line, cookie_value};
use ats_pat_text::Text;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use poem::Response;
use poem::http::HeaderMap;

use crate::cookie::set_cookie;

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flash {
    /// A token was revoked.
    Revoked(String),
    /// Several tokens were revoked. Has their number.
    ChosenRevoked(String),
    /// A token was changed.
    TokenChanged(String),
    /// The person changed the password.
    PasswordChanged,
    /// The person ended one of their sessions.
    SessionEnded,
    /// A session that the person wanted to end had ended before.
    SessionGone,
    /// The person ended all their other sessions.
    OtherSessionsEnded,
    /// A user was added.
    UserAdded(String),
    /// A service account was added.
    ServiceAccountAdded(String),
    /// A service account has another responsible person.
    ResponsibleSet(String),
    /// A user was changed.
    UserSaved(String),
    /// All tokens of a user were revoked.
    UserTokensRevoked(String),
    /// A user's personal details were erased.
    UserErased,
    /// A user was disabled.
    UserDisabled(String),
    /// A person who is responsible for service accounts was disabled.
    ResponsibleDisabled(String),
    /// A user was enabled.
    UserEnabled(String),
    /// A user got a new password.
    PasswordSet(String),
    /// An operator key was revoked.
    OperatorKeyRevoked(String),
    /// A new policy is in force.
    PolicyInForce,
    /// A new policy is in force, and tokens were cut to it.
    PolicyInForceAndCut,
    /// The session was confirmed at the identity provider.
    Confirmed,
    /// The person signed out.
    SignedOut,
    /// The session of a form had ended, so nothing was done.
    NothingDone,
    /// The session had ended when a page was requested.
    SessionOver,
}

impl Flash {
    /// The sentence on the page.
    pub fn sentence(&self, text: Text) -> String {
        match self {
            Self::Revoked(name) => text.token_revoked(name),
            Self::ChosenRevoked(count) => {
                text.bulk_revoked(count.parse::<u64>().unwrap_or_default())
            }
            Self::TokenChanged(name) => text.token_saved(name),
            Self::PasswordChanged => text.password_changed().to_owned(),
            Self::SessionEnded => text.sessions_ended().to_owned(),
            Self::SessionGone => text.sessions_ended_before().to_owned(),
            Self::OtherSessionsEnded => text.sessions_others_ended().to_owned(),
            Self::UserAdded(name) => text.user_added(name),
            Self::ServiceAccountAdded(name) => text.account_added(name),
            Self::ResponsibleSet(name) => text.responsible_set(name),
            Self::UserSaved(name) => text.user_saved(name),
            Self::UserTokensRevoked(name) => text.users_tokens_revoked(name),
            Self::UserErased => text.user_erased().to_owned(),
            Self::UserDisabled(name) => text.user_disabled(name),
            Self::ResponsibleDisabled(name) => text.responsible_disabled(name),
            Self::UserEnabled(name) => text.user_enabled(name),
            Self::PasswordSet(name) => text.user_password_set(name),
            Self::OperatorKeyRevoked(name) => text.operator_key_revoked(name),
            Self::PolicyInForce => text.policy_in_force().to_owned(),
            Self::PolicyInForceAndCut => text.policy_in_force_and_cut().to_owned(),
            Self::Confirmed => text.step_up_confirmed().to_owned(),
            Self::SignedOut => text.signed_out().to_owned(),
            Self::NothingDone => text.session_over_nothing_done().to_owned(),
            Self::SessionOver => text.session_over().to_owned(),
        }
    }

    /// Whether something was done.
    pub fn is_good(&self) -> bool {
        !matches!(self, Self::NothingDone | Self::SessionOver)
    }

    /// Sets the cookie for the next page.
    pub fn put(&self, settings: &HttpSettings, response: &mut Response) {
        let (kind, name) = self.parts();
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        set(
            settings,
            &format!("{kind}.{name}"),
            "; Max-Age=60",
            response,
        );
    }

    /// Reads the cookie. One that can't be read is ignored.
    pub fn take(settings: &HttpSettings, headers: &HeaderMap) -> Option<Self> {
        let value = cookie_value(headers, cookie_name(settings))?;
        let (kind, name) = value.split_once('.')?;
        let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        Some(match kind {
            "revoked" => Self::Revoked(name),
            "chosen-revoked" => Self::ChosenRevoked(name),
            "token-changed" => Self::TokenChanged(name),
            "password-changed" => Self::PasswordChanged,
            "session-ended" => Self::SessionEnded,
            "session-gone" => Self::SessionGone,
            "other-sessions-ended" => Self::OtherSessionsEnded,
            "user-added" => Self::UserAdded(name),
            "account-added" => Self::ServiceAccountAdded(name),
            "responsible-set" => Self::ResponsibleSet(name),
            "user-saved" => Self::UserSaved(name),
            "user-tokens-revoked" => Self::UserTokensRevoked(name),
            "user-erased" => Self::UserErased,
            "user-disabled" => Self::UserDisabled(name),
            "responsible-disabled" => Self::ResponsibleDisabled(name),
            "user-enabled" => Self::UserEnabled(name),
            "password-set" => Self::PasswordSet(name),
            "operator-key-revoked" => Self::OperatorKeyRevoked(name),
            "policy-in-force" => Self::PolicyInForce,
            "policy-in-force-and-cut" => Self::PolicyInForceAndCut,
            "confirmed" => Self::Confirmed,
            "signed-out" => Self::SignedOut,
            "nothing-done" => Self::NothingDone,
            "session-over" => Self::SessionOver,
            _ => return None,
        })
    }

    /// Removes the cookie after the message was shown.
    pub fn clear(settings: &HttpSettings, response: &mut Response) {
        set(settings, "", "; Max-Age=0", response);
    }

    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Revoked(name) => ("revoked", name),
            Self::ChosenRevoked(count) => ("chosen-revoked", count),
            Self::TokenChanged(name) => ("token-changed", name),
            Self::PasswordChanged => ("password-changed", ""),
            Self::SessionEnded => ("session-ended", ""),
            Self::SessionGone => ("session-gone", ""),
            Self::OtherSessionsEnded => ("other-sessions-ended", ""),
            Self::UserAdded(name) => ("user-added", name),
            Self::ServiceAccountAdded(name) => ("account-added", name),
            Self::ResponsibleSet(name) => ("responsible-set", name),
            Self::UserSaved(name) => ("user-saved", name),
            Self::UserTokensRevoked(name) => ("user-tokens-revoked", name),
            Self::UserErased => ("user-erased", ""),
            Self::UserDisabled(name) => ("user-disabled", name),
            Self::ResponsibleDisabled(name) => ("responsible-disabled", name),
            Self::UserEnabled(name) => ("user-enabled", name),
            Self::PasswordSet(name) => ("password-set", name),
            Self::OperatorKeyRevoked(name) => ("operator-key-revoked", name),
            Self::PolicyInForce => ("policy-in-force", ""),
            Self::PolicyInForceAndCut => ("policy-in-force-and-cut", ""),
            Self::Confirmed => ("confirmed", ""),
            Self::SignedOut => ("signed-out", ""),
            Self::NothingDone => ("nothing-done", ""),
            Self::SessionOver => ("session-over", ""),
        }
    }
}

fn cookie_name(settings: &HttpSettings) -> &'static str {
    if settings.is_https() {
        "__Host-ats_message"
    } else {
        "ats_message"
    }
}

fn set(settings: &HttpSettings, value: &str, lifetime: &str, response: &mut Response) {
    let name = cookie_name(settings);
    let line = cookie_line(name, value, settings.is_https(), lifetime);
    set_cookie(response, &line);
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderValue, header};

    use super::*;

    fn settings(url: &str) -> HttpSettings {
        HttpSettings::new(url, Vec::new()).unwrap()
    }

    #[test]
    fn what_was_put_is_taken_whatever_the_name() {
        let settings = settings("https://pat.example.com");
        for flash in [
            Flash::Revoked("größe; 1=2 \"x\" <b>.".to_owned()),
            Flash::UserAdded("ada".to_owned()),
            Flash::SignedOut,
            Flash::NothingDone,
        ] {
            let mut response = Response::default();
            flash.put(&settings, &mut response);
            let line = response.headers()[header::SET_COOKIE].to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap();
            assert_eq!(
                attributes,
                " Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
            );
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(pair).unwrap());
            assert_eq!(Flash::take(&settings, &headers), Some(flash));
        }
    }

    #[test]
    fn what_is_none_of_ours_says_nothing() {
        let settings = settings("http://127.0.0.1:8080");
        for value in ["", "x", "hello.world", "revoked", "revoked.%ff"] {
            let mut headers = HeaderMap::new();
            let pair = format!("ats_message={value}");
            headers.insert(header::COOKIE, HeaderValue::from_str(&pair).unwrap());
            assert_eq!(Flash::take(&settings, &headers), None, "{value}");
        }
    }
}

//! The result of an exchange.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

/// An authentication token, to be sent as `Authorization: Bearer …` (RFC 6750, section 2.1).
///
/// Call [`Client::bearer`](crate::Client::bearer) for each request instead of keeping a token. It
/// costs nothing while the token is valid. Clones share the text, which is wiped when the last of
/// them is dropped. The text can't be printed: `Debug` shows the expiries only.
#[derive(Clone)]
pub struct Bearer(Arc<Token>);

struct Token {
    text: SecretString,
    expires_at: SystemTime,
    personal_access_token_expires_at: SystemTime,
}

impl Bearer {
    pub(crate) fn new(
        text: SecretString,
        expires_at: SystemTime,
        personal_access_token_expires_at: SystemTime,
    ) -> Self {
        Self(Arc::new(Token {
            text,
            expires_at,
            personal_access_token_expires_at,
        }))
    }

    /// The text, for the header `Authorization`.
    pub fn expose(&self) -> &str {
        self.0.text.expose_secret()
    }

    /// When the authentication token expires, by the service's clock.
    pub fn expires_at(&self) -> SystemTime {
        self.0.expires_at
    }

    /// When the personal access token behind it expires, by the service's clock. After that nothing
    /// can be exchanged until somebody regenerates it or makes a new one.
    pub fn personal_access_token_expires_at(&self) -> SystemTime {
        self.0.personal_access_token_expires_at
    }

    /// Whether both are from the same exchange.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer")
            .field("expires_at", &self.0.expires_at)
            .field(
                "personal_access_token_expires_at",
                &self.0.personal_access_token_expires_at,
            )
            .finish_non_exhaustive()
    }
}

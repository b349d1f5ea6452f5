//! The status of a token.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The status of a token. It is derived and never stored, and there will be no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Status {
    /// It can be exchanged, regenerated and revoked.
    Active,
    /// Its expiry has passed.
    Expired,
    /// It was revoked, which is for good.
    Revoked,
}

impl Status {
    /// Every status that a token can have.
    pub const ALL: [Self; 3] = [Self::Active, Self::Expired, Self::Revoked];

    /// The name in the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(())
    }
}

//! Identifiers: UUIDs that are never reused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid, Variant};

use crate::time::Timestamp;

macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new UUID of version 7 (RFC 9562, section 5.7), made of `now` and ten random bytes.
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The identifier with this UUID, which was made elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID that the id is.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Reads the hyphenated form in either case. Refuses braces, URNs and bare digits.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() != 36 {
                    return Err(NotAnId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

identifier! {
    /// Identifies a user. The `sub` claim of authentication tokens.
    UserId
}
identifier! {
    /// Identifies a personal access token. The `client_id` claim of authentication tokens.
    TokenId
}
identifier! {
    /// Identifies a job that revokes many tokens.
    BulkJobId
}
identifier! {
    /// Identifies a removal of old events.
    PruningId
}
identifier! {
    /// Identifies a group of the company's directory.
    GroupId
}
identifier! {
    /// Identifies an operator key.
    OperatorKeyId
}
identifier! {
    /// Identifies an event. It is made before the transaction, so that the event can be looked up
    /// if the answer to COMMIT is lost.
    EventId
}

identifier! {
    /// Identifies one form that was shown, or one request of a program. Sending either twice makes
    /// nothing twice.
    IdempotencyKey
}

impl IdempotencyKey {
    /// When the form was shown, or the program made the key. `None` if this is not a UUID of
    /// version 7: neither is such a key.
    pub fn made_at(self) -> Option<Timestamp> {
        let is_ours = self.0.get_version_num() == 7 && self.0.get_variant() == Variant::RFC4122;
        let (millis, _) = self.0.as_u64_pair();
        is_ours.then(|| Timestamp::from_millis(i64::try_from(millis >> 16).unwrap_or(i64::MAX)))
    }
}

/// The text is not a hyphenated UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: write the UUID with its hyphens, such as 0193f2a0-7b1c-7d2e-8f00-0123456789ab")]
pub struct NotAnId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_case_is_the_same_id_and_other_forms_are_refused() {
        let lower = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";
        assert_eq!(
            lower.parse::<TokenId>(),
            lower.to_uppercase().parse::<TokenId>()
        );
        assert_eq!(lower.parse::<TokenId>().unwrap().to_string(), lower);
        for other in [
            "",
            "0193f2a07b1c7d2e8f000123456789ab",
            "{0193f2a0-7b1c-7d2e-8f00-0123456789ab}",
            "urn:uuid:0193f2a0-7b1c-7d2e-8f00-0123456789ab",
        ] {
            assert_eq!(other.parse::<TokenId>(), Err(NotAnId), "{other}");
        }
    }

    #[test]
    fn a_form_key_has_its_time_unless_it_is_no_uuid_of_version_7() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(IdempotencyKey::new(at, [0xff; 10]).made_at(), Some(at));
        for other in [
            "0193f2a0-7b1c-4d2e-8f00-0123456789ab",
            "0193f2a0-7b1c-7d2e-0f00-0123456789ab",
            "00000000-0000-0000-0000-000000000000",
        ] {
            let other: IdempotencyKey = other.parse().unwrap();
            assert_eq!(other.made_at(), None, "{other}");
        }
    }

    #[test]
    fn a_new_id_carries_its_time_in_version_7() {
        let id = EventId::new(Timestamp::from_millis(1_700_000_000_123), [7; 10]);
        assert_eq!(id.as_uuid().get_version_num(), 7);
        assert_eq!(
            id.as_uuid().get_timestamp().unwrap().to_unix(),
            (1_700_000_000, 123_000_000)
        );
    }
}

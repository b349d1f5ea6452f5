//! Identities: who somebody is at an identity provider of the company.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::id::UserId;
use crate::time::Timestamp;
use crate::validation::Reason;

/// The longest name of a provider, in characters.
pub const MAX_PROVIDER_NAME: usize = 32;
/// The longest issuer, in bytes: what an index of each database has room for.
const MAX_ISSUER: usize = 255;
/// The longest subject, in bytes (OpenID Connect Core 1.0, section 2).
const MAX_SUBJECT: usize = 255;

/// The name of an identity provider in the settings: 1 to 32 small letters and digits. It is a part
/// of paths, of environment variables and of the names of groups.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName(String);

impl ProviderName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::TooLong`] or [`Reason::BadCharacter`].
    pub fn new(text: &str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::Empty);
        }
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if !text.bytes().all(is_allowed) {
            return Err(Reason::BadCharacter);
        }
        if text.len() > MAX_PROVIDER_NAME {
            return Err(Reason::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// A stored name, unchecked. If it isn't valid, it is equal to no name in the settings.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ProviderName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

macro_rules! exact_text {
    ($(#[$meta:meta])* $name:ident, $longest:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is. Nothing is trimmed, folded or normalised, because texts
            /// that differ in a single byte name different things.
            ///
            /// # Errors
            /// [`Reason::Empty`], [`Reason::TooLong`] for more than 255 bytes, and
            /// [`Reason::BadCharacter`] for a control character.
            pub fn new(text: &str) -> Result<Self, Reason> {
                if text.is_empty() {
                    return Err(Reason::Empty);
                }
                if text.len() > $longest {
                    return Err(Reason::TooLong);
                }
                if text.contains(char::is_control) {
                    return Err(Reason::BadCharacter);
                }
                Ok(Self(text.to_owned()))
            }

            /// A stored text, which passed [`Self::new`] before.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

exact_text! {
    /// The issuer of an identity provider: `iss` of its tokens, byte for byte.
    Issuer, MAX_ISSUER
}
exact_text! {
    /// Who somebody is at an issuer: `sub` of its tokens, byte for byte. An issuer never gives it
    /// to anybody else, unlike names and mail addresses.
    Subject, MAX_SUBJECT
}

/// Who somebody is, among all providers. Two identities are the same person only if both parts are
/// equal. A name or an e-mail address is never compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Identity {
    /// The issuer identifier of the provider that names the person.
    pub issuer: Issuer,
    /// The person's id at this issuer.
    pub subject: Subject,
}

/// An identity that is linked to a user. Whoever proves it signs in as this user. A user has at
/// most one identity at each provider, and an identity has one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// The user whom a sign-in with the identity signs in.
    pub user_id: UserId,
    /// The provider's name in the settings.
    pub provider: ProviderName,
    /// Who the user is at the provider.
    pub identity: Identity,
    /// When it was linked.
    pub linked_at: Timestamp,
}

/// A user's sign-in at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSignIn {
    /// The provider's name in the settings.
    pub provider: ProviderName,
    /// The identity that was proved.
    pub identity: Identity,
    /// When the user signed in. `None` if an operator linked the identity and nobody signed in with
    /// it yet.
    pub at: Option<Timestamp>,
}

/// When somebody signed in at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedInThere {
    /// An operator linked the identity, and nobody signed in with it yet.
    Never,
    /// The last sign-in was at this time.
    At(Timestamp),
}

impl SignedInThere {
    /// The time of the last sign-in.
    pub const fn at(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(at) => Some(at),
        }
    }
}

impl From<Option<Timestamp>> for SignedInThere {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Never, Self::At)
    }
}

/// The last sign-ins at the other providers at which a user has an identity: at all but the one
/// where the user signed in last. Sorted by provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedInElsewhere(Vec<(ProviderName, SignedInThere)>);

impl SignedInElsewhere {
    /// Notes the last sign-in at a provider. `None` if nobody signed in there yet.
    pub fn note(&mut self, provider: &ProviderName, at: Option<Timestamp>) {
        self.forget(provider);
        self.0.push((provider.clone(), at.into()));
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// Forgets the sign-in at a provider.
    pub fn forget(&mut self, provider: &ProviderName) {
        self.0.retain(|(known, _)| known != provider);
    }

    /// The last sign-in at this provider. `None` if the user has no identity there.
    pub fn at(&self, provider: &ProviderName) -> Option<SignedInThere> {
        let found = self.0.iter().find(|(known, _)| known == provider);
        found.map(|(_, at)| *at)
    }

    /// The stored form. Each line has a provider, and the milliseconds since the epoch if the user
    /// signed in there. `None` if there is nothing to store.
    pub fn to_stored(&self) -> Option<String> {
        let lines = self.0.iter().map(|(provider, there)| match there.at() {
            Some(at) => format!("{provider} {}", at.as_millis()),
            None => provider.to_string(),
        });
        (!self.0.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
    }

    /// Reads the stored form. A text that no release writes needs no error here, because the row's
    /// tag doesn't match it.
    pub fn from_stored(text: &str) -> Self {
        let lines = text.split('\n').filter(|line| !line.is_empty());
        let read = lines.map(|line| {
            let parts = line.split_once(' ').and_then(|(provider, millis)| {
                let at = Timestamp::from_millis(millis.parse().ok()?);
                Some((provider, SignedInThere::At(at)))
            });
            let (provider, there) = parts.unwrap_or((line, SignedInThere::Never));
            (ProviderName::from_stored(provider.to_owned()), there)
        });
        Self(read.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_ins_elsewhere_come_back_as_they_were_stored() {
        let name = |name: &str| ProviderName::from_stored(name.to_owned());
        let mut elsewhere = SignedInElsewhere::default();
        assert_eq!(elsewhere.to_stored(), None);
        assert_eq!(SignedInElsewhere::from_stored(""), elsewhere);
        elsewhere.note(&name("partner"), Some(Timestamp::from_millis(-7)));
        elsewhere.note(&name("corp"), Some(Timestamp::MAX));
        elsewhere.note(&name("new"), None);
        elsewhere.note(&name("corp"), Some(Timestamp::from_millis(5)));
        let stored = elsewhere.to_stored().unwrap();
        assert_eq!(stored, "corp 5\nnew\npartner -7");
        assert_eq!(SignedInElsewhere::from_stored(&stored), elsewhere);
        assert_eq!(elsewhere.at(&name("new")), Some(SignedInThere::Never));
        elsewhere.forget(&name("new"));
        assert_eq!(elsewhere.at(&name("new")), None);
        // A line whose time can't be read belongs to no provider.
        let odd = SignedInElsewhere::from_stored("corp x\ncorp 99999999999999999999");
        assert_eq!(odd.at(&name("corp")), None);
    }

    #[test]
    fn a_provider_has_a_name_that_fits_paths_and_variables() {
        for name in ["corp", "entra2", &"x".repeat(32)] {
            assert_eq!(ProviderName::new(name).unwrap().as_str(), name);
        }
        for (name, reason) in [
            ("", Reason::Empty),
            (&*"x".repeat(33), Reason::TooLong),
            ("Corp", Reason::BadCharacter),
            ("co-rp", Reason::BadCharacter),
            ("co/rp", Reason::BadCharacter),
            ("cörp", Reason::BadCharacter),
        ] {
            assert_eq!(ProviderName::new(name), Err(reason), "{name:?}");
        }
    }

    #[test]
    fn identities_that_differ_in_a_byte_are_two() {
        let identity = |issuer: &str, subject: &str| Identity {
            issuer: Issuer::new(issuer).unwrap(),
            subject: Subject::new(subject).unwrap(),
        };
        let ada = identity("https://id.example", "ada");
        for other in [
            identity("https://id.example/", "ada"),
            identity("https://id.example", "Ada"),
            identity("https://id.example", "ada "),
            identity("https://id.example", "ａda"),
        ] {
            assert_ne!(ada, other);
        }
    }

    #[test]
    fn a_subject_has_255_bytes_at_most_and_no_control_characters() {
        assert!(Subject::new(&"x".repeat(255)).is_ok());
        for (subject, reason) in [
            ("", Reason::Empty),
            (&*"x".repeat(256), Reason::TooLong),
            ("a\nb", Reason::BadCharacter),
            ("a\0", Reason::BadCharacter),
        ] {
            assert_eq!(Subject::new(subject), Err(reason), "{subject:?}");
        }
    }
}

//! Names and descriptions: what people write to tell things apart.

use std::fmt;

use caseless::Caseless;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::problem::Reason;

/// The longest name, in Unicode scalar values.
pub const MAX_NAME: usize = 100;
/// The longest description, in Unicode scalar values.
pub const MAX_DESCRIPTION: usize = 500;

/// Folds text for comparison: NFKC case folding (Unicode Standard, section 3.13, D146), so that
/// `Straße`, `STRASSE` and the full-width forms of either are the same.
pub fn fold(text: &str) -> String {
    text.nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkc()
        .collect()
}

/// Normalises to NFC, trims white space and checks length and characters.
fn clean(text: &str, longest: usize) -> Result<String, Reason> {
    // Counted before normalising, so that a hostile length costs nothing; NFC never has more than three times the scalars of a trimmed text.
    if text.len() > longest.saturating_mul(64) {
        return Err(Reason::TooLong);
    }
    let text: String = text.trim().nfc().collect();
    if text.chars().any(is_refused) {
        return Err(Reason::BadCharacter);
    }
    if text.chars().count() > longest {
        return Err(Reason::TooLong);
    }
    Ok(text)
}

/// Control characters, line and paragraph separators, and the bidirectional controls (Unicode Standard
/// Annex 9, section 2), which make a name read as another.
fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a name as written: NFC, trimmed, 1 to 100 Unicode scalar values, no control
            /// characters, line separators or bidirectional controls.
            ///
            /// # Errors
            /// [`Reason::Empty`], [`Reason::TooLong`] or [`Reason::BadCharacter`].
            pub fn new(text: &str) -> Result<Self, Reason> {
                let text = clean(text, MAX_NAME)?;
                if text.is_empty() { Err(Reason::Empty) } else { Ok(Self(text)) }
            }

            /// The name that was stored; storage gives back what passed [`Self::new`].
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The name as its maker wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form that names are compared in; see [`fold`].
            pub fn folded(&self) -> String {
                fold(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a personal access token; unique among one owner's active ones.
    TokenName
}
name! {
    /// The name a user signs in with; unique among all users.
    UserName
}
name! {
    /// The name a user is shown by; not unique.
    DisplayName
}

/// What a personal access token is for: 0 to 500 Unicode scalar values, under the rules of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Description(String);

impl Description {
    /// Takes a description as written.
    ///
    /// # Errors
    /// [`Reason::TooLong`] or [`Reason::BadCharacter`].
    pub fn new(text: &str) -> Result<Self, Reason> {
        clean(text, MAX_DESCRIPTION).map(Self)
    }

    /// The description that was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The description as its maker wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that searches look in; see [`fold`].
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_composed() {
        assert_eq!(TokenName::new("  cafe\u{301} ").unwrap().as_str(), "café");
        assert_eq!(TokenName::new("\u{3000}ci\u{a0}").unwrap().as_str(), "ci");
    }

    #[test]
    fn the_length_counts_scalar_values_after_trimming() {
        assert!(TokenName::new(&format!(" {} ", "☃".repeat(100))).is_ok());
        assert_eq!(TokenName::new(&"☃".repeat(101)), Err(Reason::TooLong));
        assert_eq!(TokenName::new(&"x".repeat(60_000)), Err(Reason::TooLong));
        assert_eq!(TokenName::new(" \t "), Err(Reason::Empty));
        assert!(Description::new(&"x".repeat(500)).is_ok());
        assert_eq!(Description::new(&"x".repeat(501)), Err(Reason::TooLong));
    }

    #[test]
    fn characters_that_hide_or_reorder_are_refused() {
        for c in [
            '\0', '\u{7}', '\n', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202e}',
            '\u{2066}', '\u{200f}', '\u{61c}',
        ] {
            assert_eq!(
                TokenName::new(&format!("a{c}b")),
                Err(Reason::BadCharacter),
                "{c:?}"
            );
            assert_eq!(
                Description::new(&format!("a{c}b")),
                Err(Reason::BadCharacter),
                "{c:?}"
            );
        }
    }

    #[test]
    fn names_compare_folded() {
        for (a, b) in [
            ("Straße", "STRASSE"),
            ("ＣＩ", "ci"),
            ("Ǆ", "ǆ"),
            ("ﬁle", "FILE"),
            ("Å", "a\u{30a}"),
            ("ΣΑΣ", "σας"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("ci"), fold("cj"));
    }
}

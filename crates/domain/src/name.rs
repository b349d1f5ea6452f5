//! The names and descriptions that people write.

use std::fmt;

use caseless::Caseless;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::validation::Reason;

/// The longest name, in Unicode scalar values.
pub const MAX_NAME: usize = 100;
/// The longest name of a group of a directory, in Unicode scalar values.
pub const MAX_GROUP_NAME: usize = 256;
/// The longest description, in Unicode scalar values.
pub const MAX_DESCRIPTION: usize = 500;

/// Folds text for comparison by NFKC case folding (Unicode Standard, section 3.13,
/// toNFKC_Casefold). `Straße`, `STRASSE` and their full-width forms become the same, and so do
/// texts that differ only in invisible characters. Hashes of folded names are stored, so the result
/// for a text must never change.
pub fn fold(text: &str) -> String {
    text.nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .filter(|c| !is_default_ignorable(*c))
        .nfkc()
        .collect()
}

/// Default_Ignorable_Code_Point of the Unicode Character Database (DerivedCoreProperties.txt).
fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Normalises to NFC, trims white space, and checks length and characters.
fn clean(text: &str, longest: usize) -> Result<String, Reason> {
    let text = text.trim();
    // This check is first, so that a huge text costs nothing. NFC joins only a few scalar values
    // into one.
    if text.len() > longest.saturating_mul(64) {
        return Err(Reason::TooLong);
    }
    let text: String = text.nfc().collect();
    if text.chars().any(is_refused) {
        return Err(Reason::BadCharacter);
    }
    if text.chars().count() > longest {
        return Err(Reason::TooLong);
    }
    Ok(text)
}

/// Control characters, line and paragraph separators, and the bidirectional controls (Unicode
/// Standard Annex 9, section 2), because they can make one name look like another.
fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $longest:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks a name as it was written. The name becomes NFC and is trimmed. It has 1 to
            /// 100 Unicode scalar values (a group's 256), and no control characters, line
            /// separators or bidirectional controls.
            ///
            /// # Errors
            /// [`Reason::Empty`], [`Reason::TooLong`] or [`Reason::BadCharacter`].
            pub fn new(text: &str) -> Result<Self, Reason> {
                let text = clean(text, $longest)?;
                // A name of invisible characters is empty.
                if fold(&text).is_empty() {
                    Err(Reason::Empty)
                } else {
                    Ok(Self(text))
                }
            }

            /// A stored name, which passed [`Self::new`] before.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form for comparison, by [`fold`].
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
    /// The name of a personal access token. Unique among the active tokens of one owner.
    TokenName, MAX_NAME
}
name! {
    /// The name that a user signs in with. Unique among all users.
    UserName, MAX_NAME
}
name! {
    /// The name that pages show for a user. Not unique.
    DisplayName, MAX_NAME
}
name! {
    /// What the company's directory calls a group. Unique among its groups.
    GroupName, MAX_GROUP_NAME
}

/// The longest e-mail address, in characters (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_EMAIL: usize = 254;

/// The e-mail address of a user. It is never used to find or join users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Takes an address as written: trimmed, at most 254 characters, something on both sides of its
    /// last `@`, and no white space. Whether mail arrives there, only mail can tell.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::TooLong`] or [`Reason::BadCharacter`].
    pub fn new(text: &str) -> Result<Self, Reason> {
        let text = clean(text, MAX_EMAIL)?;
        if text.is_empty() {
            return Err(Reason::Empty);
        }
        let parts = text.rsplit_once('@');
        let is_whole = parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        let is_bad = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
        if !is_whole || text.contains(is_bad) {
            return Err(Reason::BadCharacter);
        }
        Ok(Self(text))
    }

    /// The address that was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address, as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a personal access token is for: at most 500 Unicode scalar values, with the characters of
/// names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Description(String);

impl Description {
    /// Checks a description as it was written.
    ///
    /// # Errors
    /// [`Reason::TooLong`] or [`Reason::BadCharacter`].
    pub fn new(text: &str) -> Result<Self, Reason> {
        clean(text, MAX_DESCRIPTION).map(Self)
    }

    /// The description as the database has it. It was checked when it was written.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The description as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for searches, by [`fold`].
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
        for hidden in ["a\u{200b}da", "a\u{ad}da", "\u{feff}ADA", "ada\u{fe0f}"] {
            assert_eq!(fold(hidden), "ada", "{hidden:?}");
        }
    }

    /// Hashes of folded names are stored. Decision 57 says what to compare if this test fails.
    #[test]
    fn every_character_folds_as_it_did_when_names_were_stored() {
        assert_eq!(caseless::UNICODE_VERSION, (16, 0, 0));
        assert_eq!(unicode_normalization::UNICODE_VERSION, (18, 0, 0));
        // FNV-1a over the folded forms, each followed by a byte that no text contains.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for c in '\0'..=char::MAX {
            for byte in fold(c.encode_utf8(&mut [0; 4])).bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        assert_eq!(hash, 0xe14c_30f8_59aa_418c);
    }

    #[test]
    fn a_name_of_invisible_characters_is_empty() {
        for blank in ["", " ", "\u{200b}", "\u{3164}\u{115f}", &" ".repeat(65_000)] {
            assert_eq!(TokenName::new(blank), Err(Reason::Empty), "{blank:?}");
        }
        let padded = format!("{}spaced", " ".repeat(65_000));
        assert_eq!(TokenName::new(&padded).unwrap().as_str(), "spaced");
    }

    #[test]
    fn an_email_address_has_two_sides_and_no_white_space() {
        for text in [
            "ada@example.com",
            " ada@example.com ",
            "\"a@b\"@[::1]",
            "ä@ö",
        ] {
            assert_eq!(Email::new(text).unwrap().as_str(), text.trim(), "{text}");
        }
        let refused = [
            ("", Reason::Empty),
            ("ada", Reason::BadCharacter),
            ("@example.com", Reason::BadCharacter),
            ("ada@", Reason::BadCharacter),
            ("ada @example.com", Reason::BadCharacter),
            ("Ada <ada@example.com>", Reason::BadCharacter),
            ("a@b,c@d", Reason::BadCharacter),
            ("a@b\r\nBcc: c@d", Reason::BadCharacter),
        ];
        for (text, reason) in refused {
            assert_eq!(Email::new(text), Err(reason), "{text}");
        }
        let long = format!("{}@b", "a".repeat(MAX_EMAIL - 1));
        assert_eq!(Email::new(&long), Err(Reason::TooLong));
    }
}

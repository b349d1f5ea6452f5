//! The texts that people read on the pages and in refusals: one catalogue for each language.
//!
//! A catalogue is a folder that is named for its language, with files in Fluent's format
//! (<https://projectfluent.org>). The build checks them and writes a method of [`Text`] for each
//! text, with the same name: `token-name` is [`Text::token_name`]. A text without variables is a
//! `&'static str`, and one with variables is a `String`. A text with slots is the pieces around
//! them, and a page puts an element of its own between two pieces.
//!
//! Invariants held here:
//!
//! - each language has every text of English, with the same variables; otherwise the build fails;
//! - texts are as they are in the catalogue: no marks are put around the values of variables, and
//!   nothing is escaped. Templates escape what they show.
//!
//! It deliberately knows nothing about pages and refusals. The texts for operators stay in the
//! code: logs, the admin tool, the help of the command line, and the OpenAPI document.

mod catalogue;
mod number;

use std::fmt::Display;

use fluent_bundle::FluentValue;

pub use self::number::Number;

include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// The texts of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(usize);

impl Text {
    /// The texts in English, all of which every other language has, too.
    pub const ENGLISH: Self = Self(0);

    /// The tag of the language, as in HTML (BCP 47).
    pub fn language(self) -> &'static str {
        catalogue::of(self.0).tag
    }

    fn plain(self, index: usize) -> &'static str {
        catalogue::of(self.0).plain(index)
    }

    fn filled<const N: usize>(
        self,
        id: &str,
        variables: [(&'static str, FluentValue<'static>); N],
    ) -> String {
        catalogue::of(self.0).filled(id, variables)
    }

    fn pieces<const N: usize>(self, index: usize) -> [&'static str; N] {
        let pieces = catalogue::of(self.0).pieces(index);
        std::array::from_fn(|piece| pieces.get(piece).map_or("", String::as_str))
    }
}

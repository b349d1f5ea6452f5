//! Why fields of a request are not valid.

use std::borrow::Cow;

/// The part of a request that can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The body, of JSON or of a form.
    Body,
    /// A header that the operation reads.
    Header,
}

/// Why a field or query parameter is not valid. There are no other reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It is missing, although it is required.
    Required,
    /// It is empty, or has only white space.
    Empty,
    /// It is too long, or has too many elements.
    TooLong,
    /// It is too short.
    TooShort,
    /// It is too easily guessed.
    TooCommon,
    /// It has a character that is not allowed.
    BadCharacter,
    /// It is out of range.
    OutOfRange,
    /// It occurs more than once.
    Repeated,
    /// It is not a whole number.
    NotANumber,
    /// It is not an RFC 3339 time with an offset.
    NotATime,
    /// It is neither an IP address nor a CIDR.
    NotANetwork,
    /// It is not one of the known values.
    UnknownValue,
}

impl Reason {
    /// Every reason that there is.
    pub const ALL: [Self; 12] = [
        Self::Required,
        Self::Empty,
        Self::TooLong,
        Self::TooShort,
        Self::TooCommon,
        Self::BadCharacter,
        Self::OutOfRange,
        Self::Repeated,
        Self::NotANumber,
        Self::NotATime,
        Self::NotANetwork,
        Self::UnknownValue,
    ];

    /// The name in `ErrorParameters`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::TooCommon => "too_common",
            Self::BadCharacter => "bad_character",
            Self::OutOfRange => "out_of_range",
            Self::Repeated => "repeated",
            Self::NotANumber => "not_a_number",
            Self::NotATime => "not_a_time",
            Self::NotANetwork => "not_a_network",
            Self::UnknownValue => "unknown_value",
        }
    }
}

/// A field or query parameter that is not valid, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name in the interface.
    pub field: Cow<'static, str>,
    /// Why it is not valid.
    pub reason: Reason,
}

impl Failure {
    /// A failure of `field` for `reason`.
    pub fn new(field: impl Into<Cow<'static, str>>, reason: Reason) -> Self {
        Self {
            field: field.into(),
            reason,
        }
    }
}

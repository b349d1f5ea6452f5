//! Points in time: milliseconds since the Unix epoch.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z. Its year is from 0000 to
/// 9999.
///
/// It is written as `2026-11-24T10:20:30.123Z` (RFC 3339, section 5.6): always UTC, with three
/// digits after the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The bounds, 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z, in milliseconds since 1970.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The latest possible time.
    pub const MAX: Self = Self(LAST);

    /// The time `millis` milliseconds after the epoch, or the nearest end if that is outside the
    /// years 0000 to 9999.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < FIRST {
            FIRST
        } else if millis > LAST {
            LAST
        } else {
            millis
        })
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads an RFC 3339 time with any offset. Drops digits below a millisecond.
    ///
    /// # Errors
    /// [`NotATime`] for any other text, including a time without an offset.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        // Section 5.6 allows no other separator, but the parser does.
        if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
            return Err(NotATime);
        }
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotATime)?;
        let millis = i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000_000))
            .map_err(|_| NotATime)?;
        if (FIRST..=LAST).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(NotATime)
        }
    }

    /// The time `duration` later, or [`Timestamp::MAX`].
    pub fn after(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// The time `duration` earlier.
    pub fn before(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    /// The written form in ASCII. It is made by hand because every exchange writes two.
    pub fn to_text(self) -> [u8; 24] {
        // Every time between the years 0000 and 9999 has a date.
        let time = OffsetDateTime::from_unix_timestamp(self.as_seconds())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let year = u32::try_from(time.year()).unwrap_or(0);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        write_digits(&mut text[..4], year);
        write_digits(&mut text[5..7], u8::from(time.month()).into());
        write_digits(&mut text[8..10], time.day().into());
        write_digits(&mut text[11..13], time.hour().into());
        write_digits(&mut text[14..16], time.minute().into());
        write_digits(&mut text[17..19], time.second().into());
        let millis = u32::try_from(self.0.rem_euclid(1000)).unwrap_or(0);
        write_digits(&mut text[20..23], millis);
        text
    }

    /// The time from `earlier` to this, or zero if this is the earlier one.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_text();
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Fills `room` with the last digits of `number`.
fn write_digits(room: &mut [u8], mut number: u32) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not an RFC 3339 time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write it as 2026-11-24T10:20:30Z or with an offset such as +01:00")]
pub struct NotATime;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_three_digits() {
        for (text, written) in [
            ("2026-11-24T10:20:30Z", "2026-11-24T10:20:30.000Z"),
            (
                "2026-11-24T10:20:30.1239999+02:00",
                "2026-11-24T08:20:30.123Z",
            ),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00.001Z", "0000-01-01T00:00:00.001Z"),
            ("2024-02-29T01:02:03.040Z", "2024-02-29T01:02:03.040Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn a_text_without_offset_or_date_is_refused() {
        for text in [
            "",
            "2026-11-24",
            "2026-11-24T10:20:30",
            "1764000000",
            "2026-02-30T00:00:00Z",
            "tomorrow",
            "2026-11-24 10:20:30Z",
            "2026-11-24_10:20:30Z",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(Timestamp::parse(text), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn seconds_round_down() {
        assert_eq!(Timestamp::from_millis(1999).as_seconds(), 1);
        assert_eq!(Timestamp::from_millis(-1).as_seconds(), -1);
    }
}

//! Times in words, as people read them.
//!
//! The server knows no reader's time zone: it writes UTC and says so; a script rewrites exact times for
//! the reader's own.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};

/// A day.
pub const DAY: Duration = Duration::from_hours(24);

const SHORT_DATE: StaticFormatDescription =
    format_description!("[day padding:none] [month repr:short] [year]");
const LONG_DATE: StaticFormatDescription =
    format_description!("[weekday], [day padding:none] [month repr:long] [year]");
const EXACT: StaticFormatDescription = format_description!(
    "[day padding:none] [month repr:long] [year], [hour]:[minute]:[second] UTC"
);
const SHORT: StaticFormatDescription = format_description!(
    "[day padding:none] [month repr:short] [year], [hour]:[minute]:[second] UTC"
);
const IN_FULL: StaticFormatDescription = format_description!(
    "[weekday], [day padding:none] [month repr:long] [year] at [hour]:[minute] UTC"
);
const INPUT_DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");

/// `25 Dec 2026`.
pub fn short_date(time: Timestamp) -> String {
    written(time, SHORT_DATE)
}

/// `Friday, 25 December 2026`.
pub fn long_date(time: Timestamp) -> String {
    written(time, LONG_DATE)
}

/// `25 December 2026, 10:20:30 UTC`.
pub fn exact(time: Timestamp) -> String {
    written(time, EXACT)
}

/// `2026-12-25`, as a date field takes it (HTML, section 4.10.5.1.7).
pub fn input_date(time: Timestamp) -> String {
    written(time, INPUT_DATE)
}

/// The first and the last millisecond, in UTC, of a day as a date field gives it.
pub fn day(text: &str) -> Option<(Timestamp, Timestamp)> {
    let date = Date::parse(text.trim(), INPUT_DATE).ok()?;
    let start = date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp();
    let start = Timestamp::from_millis(start.checked_mul(1000)?);
    let end = Timestamp::from_millis(start.as_millis().checked_add(86_400_000 - 1)?);
    Some((start, end))
}

/// `just now`, `3 minutes ago`, `5 hours ago`, `2 days ago`; after 30 days the date.
pub fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(time).as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} ago", count(seconds / 60, "minute")),
        3600..86_400 => format!("{} ago", count(seconds / 3600, "hour")),
        86_400..2_592_000 => format!("{} ago", count(seconds / 86_400, "day")),
        _ => short_date(time),
    }
}

/// `in 7 days`, a begun one counted whole; on the last day `in 4 hours`, `in 12 minutes`: no more than what is left.
pub fn until(time: Timestamp, now: Timestamp) -> String {
    let seconds = time.since(now).as_secs();
    match seconds {
        0..60 => "in less than a minute".to_owned(),
        60..3600 => format!("in {}", count(seconds / 60, "minute")),
        3600..86_400 => format!("in {}", count(seconds / 3600, "hour")),
        _ => format!("in {}", count(seconds.div_ceil(DAY.as_secs()), "day")),
    }
}

/// `1 day`, `7 days`.
pub fn count(number: u64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {unit}{plural}", grouped(number))
}

/// `10,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn written(time: Timestamp, format: StaticFormatDescription) -> String {
    OffsetDateTime::from_unix_timestamp(time.as_seconds())
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| time.to_string())
}

/// A time on a page: words, with the exact time on hover and for scripts.
pub struct When {
    /// RFC 3339.
    pub iso: String,
    /// Exactly, in words.
    pub exact: String,
    /// As it stands on the page.
    pub text: String,
    /// How a script writes it for the reader's own zone: `date`, `time`, `full`, or not at all.
    pub format: &'static str,
}

impl When {
    /// The date.
    pub fn on(time: Timestamp) -> Self {
        Self::saying(time, short_date(time), "date")
    }

    /// How long ago; after 30 days the date.
    pub fn ago(time: Timestamp, now: Timestamp) -> Self {
        let is_date = now.since(time) >= DAY * 30;
        let format = if is_date { "date" } else { "" };
        Self::saying(time, ago(time, now), format)
    }

    /// The exact time itself.
    pub fn exactly(time: Timestamp) -> Self {
        Self::saying(time, written(time, SHORT), "time")
    }

    /// The exact time with its day in full, for a sentence.
    pub fn in_full(time: Timestamp) -> Self {
        Self::saying(time, written(time, IN_FULL), "full")
    }

    fn saying(time: Timestamp, text: String, format: &'static str) -> Self {
        Self {
            iso: time.to_string(),
            exact: exact(time),
            text,
            format,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn dates_are_written_for_people() {
        let t = time("2026-12-05T10:20:30.999Z");
        assert_eq!(short_date(t), "5 Dec 2026");
        assert_eq!(long_date(t), "Saturday, 5 December 2026");
        assert_eq!(exact(t), "5 December 2026, 10:20:30 UTC");
        assert_eq!(input_date(t), "2026-12-05");
    }

    #[test]
    fn the_past_is_told_in_the_unit_that_fits() {
        let now = time("2026-12-05T10:20:30Z");
        for (then, words) in [
            ("2026-12-05T10:20:31Z", "just now"),
            ("2026-12-05T10:19:31Z", "just now"),
            ("2026-12-05T10:19:30Z", "1 minute ago"),
            ("2026-12-05T10:17:00Z", "3 minutes ago"),
            ("2026-12-05T08:20:30Z", "2 hours ago"),
            ("2026-12-04T10:20:30Z", "1 day ago"),
            ("2026-11-06T10:20:30Z", "29 days ago"),
            ("2026-11-05T10:20:30Z", "5 Nov 2026"),
        ] {
            assert_eq!(ago(time(then), now), words, "{then}");
        }
    }

    #[test]
    fn a_begun_day_counts_whole_and_the_last_one_is_told_in_hours() {
        let now = time("2026-12-05T10:20:30Z");
        for (then, words) in [
            ("2026-12-04T10:20:30Z", "in less than a minute"),
            ("2026-12-05T10:21:29Z", "in less than a minute"),
            ("2026-12-05T10:21:30Z", "in 1 minute"),
            ("2026-12-05T11:20:29Z", "in 59 minutes"),
            ("2026-12-05T14:20:30Z", "in 4 hours"),
            ("2026-12-06T10:20:29Z", "in 23 hours"),
            ("2026-12-06T10:20:30Z", "in 1 day"),
            ("2026-12-06T10:20:31Z", "in 2 days"),
            ("2026-12-12T10:20:30Z", "in 7 days"),
        ] {
            assert_eq!(until(time(then), now), words, "{then}");
        }
    }

    #[test]
    fn a_day_is_read_from_a_date_field_and_nothing_else() {
        let (start, end) = day("2026-12-05").unwrap();
        assert_eq!(start, time("2026-12-05T00:00:00Z"));
        assert_eq!(end, time("2026-12-05T23:59:59.999Z"));
        for text in [
            "",
            "2026-13-01",
            "2026-02-30",
            "5.12.2026",
            "2026-12-05T10:00:00Z",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(10_000), "10,000");
        assert_eq!(count(1, "day"), "1 day");
        assert_eq!(count(1_234_567, "token"), "1,234,567 tokens");
    }
}

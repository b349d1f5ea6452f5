//! Times in words, as people read them, in the zone of the page.

use std::time::Duration;

use ats_pat_domain::Timestamp;

use crate::zone::Zone;

/// A day.
pub const DAY: Duration = Duration::from_hours(24);

/// `25 Dec 2026`.
pub fn short_date(time: Timestamp, zone: &Zone) -> String {
    zone.write(time, "%-d %b %Y")
}

/// `Friday, 25 December 2026`.
pub fn long_date(time: Timestamp, zone: &Zone) -> String {
    zone.write(time, "%A, %-d %B %Y")
}

/// `25 Dec 2026, 10:20:30`: for a page that names its zone.
pub fn date_and_time(time: Timestamp, zone: &Zone) -> String {
    zone.write(time, "%-d %b %Y, %H:%M:%S")
}

/// `25 December 2026, 11:20:30 UTC+1`.
pub fn exact(time: Timestamp, zone: &Zone) -> String {
    let text = zone.write(time, "%-d %B %Y, %H:%M:%S");
    format!("{text} {}", zone.offset(time))
}

/// `Friday, 25 December 2026 at 11:20 (Europe/Berlin)`, or `at 10:20 UTC`.
pub fn in_full(time: Timestamp, zone: &Zone) -> String {
    let text = zone.write(time, "%A, %-d %B %Y at %H:%M");
    match zone.name() {
        "UTC" => format!("{text} UTC"),
        name => format!("{text} ({name})"),
    }
}

/// `2026-12-25`, as a date field takes it (HTML, section 4.10.5.1.7).
pub fn input_date(time: Timestamp, zone: &Zone) -> String {
    zone.write(time, "%Y-%m-%d")
}

/// `just now`, `3 minutes ago`, `5 hours ago`, `2 days ago`; after 30 days the date.
pub fn ago(time: Timestamp, now: Timestamp, zone: &Zone) -> String {
    let seconds = now.since(time).as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} ago", count(seconds / 60, "minute")),
        3600..86_400 => format!("{} ago", count(seconds / 3600, "hour")),
        86_400..2_592_000 => format!("{} ago", count(seconds / 86_400, "day")),
        _ => short_date(time, zone),
    }
}

/// `in 7 days`, to the nearest day; in the last two days `in 25 hours`, `in 12 minutes`: no more than what is left.
pub fn until(time: Timestamp, now: Timestamp) -> String {
    let seconds = time.since(now).as_secs();
    match seconds {
        0..60 => "in less than a minute".to_owned(),
        60..3600 => format!("in {}", count(seconds / 60, "minute")),
        3600..172_800 => format!("in {}", count(seconds / 3600, "hour")),
        _ => format!("in {}", count((seconds + 43_200) / 86_400, "day")),
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

/// A time on a page: words, with the exact time on hover.
pub struct When {
    /// RFC 3339.
    pub iso: String,
    /// Exactly, in words.
    pub exact: String,
    /// As it is on the page.
    pub text: String,
}

impl When {
    /// The date.
    pub fn on(time: Timestamp, zone: &Zone) -> Self {
        Self::saying(time, zone, short_date(time, zone))
    }

    /// How long ago; after 30 days the date.
    pub fn ago(time: Timestamp, now: Timestamp, zone: &Zone) -> Self {
        Self::saying(time, zone, ago(time, now, zone))
    }

    /// The exact time itself.
    pub fn exactly(time: Timestamp, zone: &Zone) -> Self {
        Self::saying(time, zone, date_and_time(time, zone))
    }

    /// The exact time with its day in full and its zone, for a sentence.
    pub fn in_full(time: Timestamp, zone: &Zone) -> Self {
        Self::saying(time, zone, in_full(time, zone))
    }

    fn saying(time: Timestamp, zone: &Zone, text: String) -> Self {
        Self {
            iso: time.to_string(),
            exact: exact(time, zone),
            text,
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
        let t = time("2026-12-05T23:20:30.999Z");
        let utc = Zone::utc();
        assert_eq!(short_date(t, &utc), "5 Dec 2026");
        assert_eq!(long_date(t, &utc), "Saturday, 5 December 2026");
        assert_eq!(exact(t, &utc), "5 December 2026, 23:20:30 UTC");
        assert_eq!(in_full(t, &utc), "Saturday, 5 December 2026 at 23:20 UTC");
        assert_eq!(input_date(t, &utc), "2026-12-05");
    }

    #[test]
    fn dates_are_those_of_the_readers_zone() {
        let t = time("2026-12-05T23:20:30.999Z");
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(short_date(t, &berlin), "6 Dec 2026");
        assert_eq!(date_and_time(t, &berlin), "6 Dec 2026, 00:20:30");
        assert_eq!(exact(t, &berlin), "6 December 2026, 00:20:30 UTC+1");
        assert_eq!(
            in_full(t, &berlin),
            "Sunday, 6 December 2026 at 00:20 (Europe/Berlin)"
        );
        assert_eq!(input_date(t, &berlin), "2026-12-06");
    }

    #[test]
    fn a_time_beyond_the_calendar_is_still_written() {
        let last = Timestamp::MAX;
        assert_eq!(short_date(last, &Zone::utc()), last.to_string());
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
            assert_eq!(ago(time(then), now, &Zone::utc()), words, "{then}");
        }
    }

    #[test]
    fn the_last_two_days_are_told_in_hours_and_never_as_more_than_is_left() {
        let now = time("2026-12-05T10:20:30Z");
        for (then, words) in [
            ("2026-12-04T10:20:30Z", "in less than a minute"),
            ("2026-12-05T10:21:29Z", "in less than a minute"),
            ("2026-12-05T10:21:30Z", "in 1 minute"),
            ("2026-12-05T11:20:29Z", "in 59 minutes"),
            ("2026-12-05T14:20:30Z", "in 4 hours"),
            ("2026-12-06T10:20:29Z", "in 23 hours"),
            ("2026-12-06T11:20:30Z", "in 25 hours"),
            ("2026-12-07T10:20:29Z", "in 47 hours"),
            ("2026-12-07T11:20:30Z", "in 2 days"),
            ("2026-12-12T10:20:29Z", "in 7 days"),
        ] {
            assert_eq!(until(time(then), now), words, "{then}");
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

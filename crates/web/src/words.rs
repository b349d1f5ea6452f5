//! Times in words, as people read them, in the zone of the page.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_text::Text;
use jiff::ZonedDateTime;
use jiff::civil::Weekday;

use crate::zone::Zone;

/// A day of 24 hours, as lifetimes count it.
pub const DAY: Duration = Duration::from_hours(24);

/// The date in few letters, such as `25 Dec 2026`.
pub fn short_date(time: Timestamp, zone: &Zone, text: Text) -> String {
    let Some(at) = zone.local(time) else {
        return time.to_string();
    };
    text.date_short(at.day(), short_month(&at, text), at.year())
}

/// `Friday, 25 December 2026`.
pub fn long_date(time: Timestamp, zone: &Zone, text: Text) -> String {
    let Some(at) = zone.local(time) else {
        return time.to_string();
    };
    text.date_long(weekday(&at, text), at.day(), month(&at, text), at.year())
}

/// `25 Dec 2026, 10:20:30`: for a page that names its zone.
pub fn date_and_time(time: Timestamp, zone: &Zone, text: Text) -> String {
    let Some(at) = zone.local(time) else {
        return time.to_string();
    };
    let clock = zone.write(time, "%H:%M:%S");
    text.date_and_time(at.day(), short_month(&at, text), at.year(), clock)
}

/// `25 December 2026, 11:20:30 UTC+1`.
pub fn exact(time: Timestamp, zone: &Zone, text: Text) -> String {
    let Some(at) = zone.local(time) else {
        return time.to_string();
    };
    let (clock, offset) = (zone.write(time, "%H:%M:%S"), zone.offset(time));
    text.date_exact(at.day(), month(&at, text), at.year(), clock, offset)
}

/// `Friday, 25 December 2026 at 11:20 (Europe/Berlin)`, or `at 10:20 UTC`.
pub fn in_full(time: Timestamp, zone: &Zone, text: Text) -> String {
    let (date, clock) = (long_date(time, zone, text), zone.write(time, "%H:%M"));
    match zone.name() {
        "UTC" => text.date_in_utc(date, clock),
        name => text.date_in_zone(date, clock, name),
    }
}

fn month(at: &ZonedDateTime, text: Text) -> &'static str {
    match at.month() {
        1 => text.month_january(),
        2 => text.month_february(),
        3 => text.month_march(),
        4 => text.month_april(),
        5 => text.month_may(),
        6 => text.month_june(),
        7 => text.month_july(),
        8 => text.month_august(),
        9 => text.month_september(),
        10 => text.month_october(),
        11 => text.month_november(),
        _ => text.month_december(),
    }
}

fn short_month(at: &ZonedDateTime, text: Text) -> &'static str {
    match at.month() {
        1 => text.short_month_january(),
        2 => text.short_month_february(),
        3 => text.short_month_march(),
        4 => text.short_month_april(),
        5 => text.short_month_may(),
        6 => text.short_month_june(),
        7 => text.short_month_july(),
        8 => text.short_month_august(),
        9 => text.short_month_september(),
        10 => text.short_month_october(),
        11 => text.short_month_november(),
        _ => text.short_month_december(),
    }
}

fn weekday(at: &ZonedDateTime, text: Text) -> &'static str {
    match at.weekday() {
        Weekday::Monday => text.monday(),
        Weekday::Tuesday => text.tuesday(),
        Weekday::Wednesday => text.wednesday(),
        Weekday::Thursday => text.thursday(),
        Weekday::Friday => text.friday(),
        Weekday::Saturday => text.saturday(),
        Weekday::Sunday => text.sunday(),
    }
}

/// `2026-12-25`, in the form of a date field (HTML, section 4.10.5.1.7).
pub fn input_date(time: Timestamp, zone: &Zone) -> String {
    zone.write(time, "%Y-%m-%d")
}

/// `just now`, `3 minutes ago`, `5 hours ago`, `2 days ago`; after 30 days the date.
pub fn ago(time: Timestamp, now: Timestamp, zone: &Zone, text: Text) -> String {
    let seconds = now.since(time).as_secs();
    match seconds {
        0..60 => text.just_now().to_owned(),
        60..3600 => text.minutes_ago(seconds / 60),
        3600..86_400 => text.hours_ago(seconds / 3600),
        86_400..2_592_000 => text.days_ago(seconds / 86_400),
        _ => short_date(time, zone, text),
    }
}

/// `in 7 days`, to the nearest day. In the last two days `in 25 hours` or `in 12 minutes`, rounded
/// down.
pub fn until(time: Timestamp, now: Timestamp, text: Text) -> String {
    let seconds = time.since(now).as_secs();
    match seconds {
        0..60 => text.in_less_than_a_minute().to_owned(),
        60..3600 => text.in_minutes(seconds / 60),
        3600..172_800 => text.in_hours(seconds / 3600),
        _ => text.in_days((seconds + 43_200) / 86_400),
    }
}

/// A time on a page: words, with the exact time on hover.
pub struct When {
    /// The exact time as RFC 3339, for `datetime`.
    pub iso: String,
    /// The exact time, in words.
    pub exact: String,
    /// The text on the page.
    pub text: String,
}

impl When {
    /// The date, such as `25 Dec 2026`.
    pub fn on(time: Timestamp, zone: &Zone, text: Text) -> Self {
        Self::saying(time, zone, text, short_date(time, zone, text))
    }

    /// How long ago, or the date after 30 days.
    pub fn ago(time: Timestamp, now: Timestamp, zone: &Zone, text: Text) -> Self {
        Self::saying(time, zone, text, ago(time, now, zone, text))
    }

    /// The exact time itself.
    pub fn exactly(time: Timestamp, zone: &Zone, text: Text) -> Self {
        Self::saying(time, zone, text, date_and_time(time, zone, text))
    }

    /// The exact time with its day in full and its zone, for a sentence.
    pub fn in_full(time: Timestamp, zone: &Zone, text: Text) -> Self {
        Self::saying(time, zone, text, in_full(time, zone, text))
    }

    fn saying(time: Timestamp, zone: &Zone, text: Text, words: String) -> Self {
        Self {
            iso: time.to_string(),
            exact: exact(time, zone, text),
            text: words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Text = Text::ENGLISH;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn dates_are_written_for_people() {
        let t = time("2026-12-05T23:20:30.999Z");
        let utc = Zone::utc();
        assert_eq!(short_date(t, &utc, TEXT), "5 Dec 2026");
        assert_eq!(long_date(t, &utc, TEXT), "Saturday, 5 December 2026");
        assert_eq!(exact(t, &utc, TEXT), "5 December 2026, 23:20:30 UTC");
        assert_eq!(
            in_full(t, &utc, TEXT),
            "Saturday, 5 December 2026 at 23:20 UTC"
        );
        assert_eq!(input_date(t, &utc), "2026-12-05");
    }

    #[test]
    fn dates_are_those_of_the_readers_zone() {
        let t = time("2026-12-05T23:20:30.999Z");
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(short_date(t, &berlin, TEXT), "6 Dec 2026");
        assert_eq!(date_and_time(t, &berlin, TEXT), "6 Dec 2026, 00:20:30");
        assert_eq!(exact(t, &berlin, TEXT), "6 December 2026, 00:20:30 UTC+1");
        assert_eq!(
            in_full(t, &berlin, TEXT),
            "Sunday, 6 December 2026 at 00:20 (Europe/Berlin)"
        );
        assert_eq!(input_date(t, &berlin), "2026-12-06");
    }

    #[test]
    fn a_time_beyond_the_calendar_is_still_written() {
        let last = Timestamp::MAX;
        assert_eq!(short_date(last, &Zone::utc(), TEXT), last.to_string());
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
            assert_eq!(ago(time(then), now, &Zone::utc(), TEXT), words, "{then}");
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
            assert_eq!(until(time(then), now, TEXT), words, "{then}");
        }
    }
}

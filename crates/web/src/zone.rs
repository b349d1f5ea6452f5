//! The time zone of days and times on pages.
//!
//! The browser sends it as a cookie that a script writes; without script a page is in UTC. Every
//! page names its zone.

use ats_pat_domain::Timestamp;
use ats_pat_http::{HttpSettings, cookie_value};
use ats_pat_text::Text;
use jiff::civil::Date;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ZonedDateTime};
use poem::http::HeaderMap;

const UTC: &str = "UTC";
/// The longest zone name has 32 characters.
const LONGEST_NAME: usize = 40;

/// A time zone by its name in the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// The zone if the browser's is not known.
    pub fn utc() -> Self {
        Self {
            name: UTC.to_owned(),
            rules: TimeZone::UTC,
        }
    }

    /// The zone that the browser sent, otherwise UTC.
    pub fn of(settings: &HttpSettings, headers: &HeaderMap) -> Self {
        cookie_value(headers, cookie_name(settings))
            .and_then(Self::named)
            .unwrap_or_else(Self::utc)
    }

    /// The zone with this name. `None` if the database doesn't have it.
    pub fn named(name: &str) -> Option<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        if name.len() > LONGEST_NAME || !name.bytes().all(is_name) {
            return None;
        }
        let rules = TimeZone::get(name).ok().filter(|it| !it.is_unknown())?;
        let name = rules.iana_name()?;
        if matches!(
            name,
            "UTC" | "Etc/UTC" | "Etc/UCT" | "UCT" | "Etc/Zulu" | "Zulu"
        ) {
            return Some(Self::utc());
        }
        Some(Self {
            name: name.to_owned(),
            rules,
        })
    }

    /// The name in the IANA database, such as `Europe/Berlin`, or `UTC`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sentence on a page with times: `Times are in Europe/Berlin (now UTC+1).`
    pub fn sentence(&self, now: Timestamp, text: Text) -> String {
        match self.name() {
            UTC => text.times_in(UTC),
            name => text.times_in_with_offset(name, self.offset(now)),
        }
    }

    /// The first and the last millisecond of a day as a date field gives it: `2026-12-25`.
    pub fn day(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        let text = text.trim();
        // The parser accepts more, such as a time after the date.
        let date: Date = text
            .parse()
            .ok()
            .filter(|date: &Date| date.to_string() == text)?;
        // The first instant of the day. It is later than midnight if clocks were put forward then.
        let start = |date: Date| {
            let start = date.to_zoned_datetime(self.rules.clone()).ok()?;
            Some(start.timestamp().as_millisecond())
        };
        let next = start(date.tomorrow().ok()?)?;
        let start = Timestamp::from_millis(start(date)?);
        Some((start, Timestamp::from_millis(next - 1)))
    }

    /// A time in this zone, as the `strftime` format says.
    pub fn write(&self, time: Timestamp, format: &str) -> String {
        self.local(time)
            .and_then(|local| strtime::format(format, &local).ok())
            .unwrap_or_else(|| time.to_string())
    }

    /// The zone's offset from UTC at a time: `UTC+1`, `UTC-3:30`, `UTC`.
    pub fn offset(&self, time: Timestamp) -> String {
        self.local(time)
            .map_or_else(String::new, |time| offset(&time))
    }

    /// A time in this zone. `None` beyond the calendar.
    pub fn local(&self, time: Timestamp) -> Option<ZonedDateTime> {
        let instant = Instant::from_millisecond(time.as_millis()).ok()?;
        Some(instant.to_zoned_datetime(self.rules.clone()))
    }
}

fn offset(time: &ZonedDateTime) -> String {
    let seconds = time.offset().seconds();
    let sign = match seconds {
        0 => return UTC.to_owned(),
        1.. => '+',
        _ => '-',
    };
    let minutes = seconds.unsigned_abs() / 60;
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("{UTC}{sign}{hours}"),
        (hours, minutes) => format!("{UTC}{sign}{hours}:{minutes:02}"),
    }
}

/// The name that `zone.js` uses.
fn cookie_name(settings: &HttpSettings) -> &'static str {
    if settings.is_https() {
        "__Host-ats_zone"
    } else {
        "ats_zone"
    }
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderValue, header};

    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_day_is_as_long_as_the_zone_makes_it() {
        for (zone, day, first, last) in [
            (
                "UTC",
                "2027-01-15",
                "2027-01-15T00:00:00Z",
                "2027-01-15T23:59:59.999Z",
            ),
            (
                "Europe/Berlin",
                "2027-01-15",
                "2027-01-14T23:00:00Z",
                "2027-01-15T22:59:59.999Z",
            ),
            // 23 and 25 hours.
            (
                "Europe/Berlin",
                "2027-03-28",
                "2027-03-27T23:00:00Z",
                "2027-03-28T21:59:59.999Z",
            ),
            (
                "Europe/Berlin",
                "2027-10-31",
                "2027-10-30T22:00:00Z",
                "2027-10-31T22:59:59.999Z",
            ),
            (
                "Asia/Kolkata",
                "2027-01-15",
                "2027-01-14T18:30:00Z",
                "2027-01-15T18:29:59.999Z",
            ),
            // In Cairo clocks go forward at midnight: the day begins at 01:00.
            (
                "Africa/Cairo",
                "2027-04-30",
                "2027-04-29T22:00:00Z",
                "2027-04-30T20:59:59.999Z",
            ),
        ] {
            let zone = Zone::named(zone).unwrap();
            let expected = (time(first), time(last));
            assert_eq!(zone.day(day), Some(expected), "{zone:?} {day}");
        }
    }

    #[test]
    fn a_day_is_read_from_a_date_field_and_nothing_else() {
        for text in [
            "",
            "2026-13-01",
            "2026-02-30",
            "5.12.2026",
            "2026-12-05T10:00:00Z",
        ] {
            assert_eq!(Zone::utc().day(text), None, "{text}");
        }
    }

    #[test]
    fn a_page_names_its_zone() {
        let winter = time("2027-01-15T12:00:00Z");
        let summer = time("2027-07-15T12:00:00Z");
        for (zone, now, said) in [
            ("UTC", winter, "Times are in UTC."),
            ("Etc/UTC", winter, "Times are in UTC."),
            (
                "Europe/London",
                winter,
                "Times are in Europe/London (now UTC).",
            ),
            (
                "europe/berlin",
                winter,
                "Times are in Europe/Berlin (now UTC+1).",
            ),
            (
                "Europe/Berlin",
                summer,
                "Times are in Europe/Berlin (now UTC+2).",
            ),
            (
                "America/St_Johns",
                winter,
                "Times are in America/St_Johns (now UTC-3:30).",
            ),
        ] {
            assert_eq!(
                Zone::named(zone).unwrap().sentence(now, Text::ENGLISH),
                said
            );
        }
    }

    #[test]
    fn what_is_no_zone_is_as_none() {
        let settings = HttpSettings::new("http://127.0.0.1:8080", Vec::new()).unwrap();
        for value in [
            "",
            "Berlin",
            "Etc/Unknown",
            "../../etc/passwd",
            "Europe/Berlin\"",
            "<b>",
            "UTC+1",
            &"A".repeat(1000),
        ] {
            let mut headers = HeaderMap::new();
            let pair = HeaderValue::from_str(&format!("ats_zone={value}")).unwrap();
            headers.insert(header::COOKIE, pair);
            assert_eq!(Zone::of(&settings, &headers), Zone::utc(), "{value}");
        }
    }
}

//! The expiration field of a form: the offered lifetimes, and a last day that the person chooses.

use ats_pat_domain::Timestamp;
use ats_pat_domain::policy::latest_expiry;
use ats_pat_text::Text;

use crate::words::{DAY, input_date, long_date};
use crate::zone::Zone;

/// The value for a last day that the person chooses.
pub const OWN_DAY: &str = "date";

/// What the offered lifetimes depend on.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The longest lifetime that the policy allows, in days.
    pub longest_days: u32,
    /// The lifetime that the form proposes, in days.
    pub proposed_days: u32,
    /// The time of the service.
    pub now: Timestamp,
    /// The time zone of a chosen day.
    pub zone: &'a Zone,
    /// The texts in the person's language.
    pub text: Text,
}

/// The offered lifetimes, in days.
const PRESETS: [u32; 5] = [7, 30, 60, 90, 365];

/// The expiration in the form of RFC 3339. Anything that is not a choice stays as it is, and the
/// service refuses it.
pub fn expires_at(chosen: &str, last_day: &str, terms: Terms<'_>) -> String {
    if chosen != OWN_DAY {
        let days = chosen.parse::<u32>();
        return days.map_or(chosen.to_owned(), |days| {
            terms.now.after(DAY.saturating_mul(days)).to_string()
        });
    }
    end_of_day(last_day, terms)
}

/// The end of a day in the form of RFC 3339, or the latest allowed time on that day. Anything that
/// is not a day stays as it is.
pub fn end_of_day(day: &str, terms: Terms<'_>) -> String {
    let latest = latest(terms);
    match terms.zone.day(day) {
        // The latest allowed time is on this day, so the token lasts until then.
        Some((start, end)) if start <= latest && end > latest => latest.to_string(),
        Some((_, end)) => end.to_string(),
        None => day.to_owned(),
    }
}

/// A choice of the expiration.
pub struct Choice {
    /// What the form posts: a number of days, or [`OWN_DAY`].
    pub value: String,
    /// The lifetime in words, or the label for choosing a day.
    pub label: String,
    /// The last day in words. Empty for choosing a day.
    pub day: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The choices, each with its last day. `chosen` is a number of days, or [`OWN_DAY`].
pub fn choices(chosen: &str, terms: Terms<'_>) -> Vec<Choice> {
    let (longest, text) = (terms.longest_days, terms.text);
    let asked = chosen.parse::<u32>().ok();
    let mut days: Vec<u32> = PRESETS
        .into_iter()
        .chain([terms.proposed_days, longest.min(365)])
        .chain(asked)
        .filter(|days| (1..=longest).contains(days))
        .collect();
    days.sort_unstable();
    days.dedup();
    let preset = |days: u32| {
        let until = terms.now.after(DAY.saturating_mul(days));
        Choice {
            value: days.to_string(),
            label: match days {
                365 => text.token_one_year().to_owned(),
                days => text.days(days),
            },
            day: long_date(until, terms.zone, text),
            is_chosen: chosen == days.to_string(),
        }
    };
    let own = Choice {
        value: OWN_DAY.to_owned(),
        label: text.token_another_day().to_owned(),
        day: String::new(),
        is_chosen: chosen == OWN_DAY,
    };
    days.into_iter().map(preset).chain([own]).collect()
}

/// The field for display.
pub struct ExpirationField {
    /// The choices, of which one is proposed.
    pub choices: Vec<Choice>,
    /// The bounds of a day that the person chooses.
    pub bounds: Bounds,
    /// The last day that was typed. Empty if it isn't a day, because a date field accepts nothing
    /// else.
    pub last_day: String,
    /// The time zone of the days.
    pub zone: String,
}

impl ExpirationField {
    /// The field with these entries.
    pub fn new(chosen: &str, last_day: &str, terms: Terms<'_>) -> Self {
        Self {
            choices: choices(chosen, terms),
            bounds: bounds(terms),
            last_day: day_of(last_day, terms.zone),
            zone: terms.zone.name().to_owned(),
        }
    }
}

/// The typed text, if it is a day.
pub fn day_of(typed: &str, zone: &Zone) -> String {
    let day = Some(typed).filter(|day| zone.day(day).is_some());
    day.unwrap_or_default().to_owned()
}

/// The bounds of a day that the person chooses.
pub struct Bounds {
    /// The first day, in the form of a date field.
    pub first: String,
    /// The last day, in the same form.
    pub last: String,
    /// The last day in words.
    pub last_in_words: String,
}

/// The first and the last day that can be chosen now.
fn bounds(terms: Terms<'_>) -> Bounds {
    let latest = latest(terms);
    Bounds {
        first: input_date(terms.now, terms.zone),
        last: input_date(latest, terms.zone),
        last_in_words: long_date(latest, terms.zone, terms.text),
    }
}

/// The latest expiry that is currently allowed.
pub fn latest(terms: Terms<'_>) -> Timestamp {
    latest_expiry(terms.longest_days, terms.now)
}

/// The error for a day that is not allowed.
pub fn until(latest: Timestamp, zone: &Zone, text: Text) -> String {
    text.token_day_until(long_date(latest, zone, text))
}

#[cfg(test)]
pub mod fixture {
    use super::*;

    pub fn now() -> Timestamp {
        Timestamp::parse("2026-11-25T10:20:30.123Z").unwrap()
    }

    /// The terms of a form in a test.
    pub fn terms((longest_days, proposed_days): (u32, u32), zone: &Zone) -> Terms<'_> {
        Terms {
            longest_days,
            proposed_days,
            now: now(),
            zone,
            text: Text::ENGLISH,
        }
    }

    /// The offered choices. The chosen one has a star.
    pub fn offered(chosen: &str, days: (u32, u32)) -> Vec<String> {
        choices(chosen, terms(days, &Zone::utc()))
            .into_iter()
            .map(|choice| {
                let mark = if choice.is_chosen { "*" } else { "" };
                format!("{mark}{}", choice.label)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{offered, terms};
    use super::*;

    #[test]
    fn the_choices_keep_to_the_longest_lifetime() {
        for (longest, default, expected) in [
            (
                366,
                30,
                &[
                    "7 days",
                    "*30 days",
                    "60 days",
                    "90 days",
                    "1 year",
                    "Another day …",
                ][..],
            ),
            (
                60,
                14,
                &["7 days", "*14 days", "30 days", "60 days", "Another day …"],
            ),
            (5, 5, &["*5 days", "Another day …"]),
            (1, 1, &["*1 day", "Another day …"]),
        ] {
            let offered = offered(&default.to_string(), (longest, default));
            assert_eq!(offered, expected, "{longest}");
        }
    }

    #[test]
    fn each_choice_says_the_day_it_means() {
        for (zone, day) in [
            ("UTC", "Friday, 25 December 2026"),
            ("Pacific/Auckland", "Friday, 25 December 2026"),
            ("Pacific/Kiritimati", "Saturday, 26 December 2026"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let choices = choices("30", terms((366, 30), &zone));
            assert_eq!(choices[1].day, day, "{zone:?}");
        }
    }

    #[test]
    fn a_day_of_ones_own_counts_to_its_end_and_not_beyond_the_latest() {
        for (zone, last_day, expires_at) in [
            ("UTC", "2026-11-25", "2026-11-25T23:59:59.999Z"),
            ("UTC", "2026-12-04", "2026-12-04T23:59:59.999Z"),
            ("UTC", "2026-12-05", "2026-12-05T10:20:30.123Z"),
            ("UTC", "2026-12-06", "2026-12-06T23:59:59.999Z"),
            ("UTC", "soon", "soon"),
            ("Europe/Berlin", "2026-12-04", "2026-12-04T22:59:59.999Z"),
            ("America/New_York", "2026-12-04", "2026-12-05T04:59:59.999Z"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let given = super::expires_at(OWN_DAY, last_day, terms((10, 10), &zone));
            assert_eq!(given, expires_at, "{zone:?} {last_day}");
        }
    }

    #[test]
    fn the_days_on_offer_are_those_of_the_zone() {
        let zone = Zone::named("Pacific/Kiritimati").unwrap();
        let bounds = bounds(terms((10, 10), &zone));
        assert_eq!(
            (&*bounds.first, &*bounds.last),
            ("2026-11-26", "2026-12-06")
        );
        assert_eq!(bounds.last_in_words, "Sunday, 6 December 2026");
    }
}

//! The expiration: what is on offer, and what a day of one's own means.

use ats_pat_domain::Timestamp;
use ats_pat_domain::policy::latest_expiry;
use ats_pat_service::view::PolicyView;
use ats_pat_text::Text;

use super::fields::{OWN_DAY, TokenForm};
use crate::words::{DAY, input_date, long_date};
use crate::zone::Zone;

/// What the days on offer depend on.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The longest and the proposed lifetime.
    pub policy: &'a PolicyView,
    /// The time that the service goes by.
    pub now: Timestamp,
    /// What zone a chosen day is in.
    pub zone: &'a Zone,
    /// The texts in the person's language.
    pub text: Text,
}

/// The lifetimes on offer, in days.
const PRESETS: [u32; 5] = [7, 30, 60, 90, 365];

/// As RFC 3339; what is none of the choices stays as it is, and is refused by the service.
pub fn expires_at(form: &TokenForm, terms: Terms<'_>) -> String {
    if form.expiration != OWN_DAY {
        let days = form.expiration.parse::<u32>();
        return days.map_or(form.expiration.clone(), |days| {
            terms.now.after(DAY.saturating_mul(days)).to_string()
        });
    }
    end_of_day(&form.last_day, terms)
}

/// The end of a day as RFC 3339, or of what the policy allows on it; what is no day stays as it is.
pub fn end_of_day(day: &str, terms: Terms<'_>) -> String {
    let latest = latest(terms);
    match terms.zone.day(day) {
        // On the last day that the policy allows, until its last minute.
        Some((start, end)) if start <= latest && end > latest => latest.to_string(),
        Some((_, end)) => end.to_string(),
        None => day.to_owned(),
    }
}

/// A choice of the expiration.
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// In days, or for a day of one's own.
    pub label: String,
    /// The day it means, in words; empty for a day of one's own.
    pub day: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The choices that the policy allows, with the day that each means.
pub fn choices(form: &TokenForm, terms: Terms<'_>) -> Vec<Choice> {
    let (policy, text) = (terms.policy, terms.text);
    let longest = policy.max_lifetime_days;
    let asked = form.expiration.parse::<u32>().ok();
    let mut days: Vec<u32> = PRESETS
        .into_iter()
        .chain([policy.default_lifetime_days, longest.min(365)])
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
            is_chosen: form.expiration == days.to_string(),
        }
    };
    let own = Choice {
        value: OWN_DAY.to_owned(),
        label: text.token_another_day().to_owned(),
        day: String::new(),
        is_chosen: form.expiration == OWN_DAY,
    };
    days.into_iter().map(preset).chain([own]).collect()
}

/// The bounds of a day of one's own.
pub struct Bounds {
    /// The first day, as the date field takes it.
    pub first: String,
    /// The last one.
    pub last: String,
    /// The last one in words.
    pub last_in_words: String,
}

/// The bounds that the policy sets now.
pub fn bounds(terms: Terms<'_>) -> Bounds {
    let latest = latest(terms);
    Bounds {
        first: input_date(terms.now, terms.zone),
        last: input_date(latest, terms.zone),
        last_in_words: long_date(latest, terms.zone, terms.text),
    }
}

/// The latest expiry that the policy allows now.
pub fn latest(terms: Terms<'_>) -> Timestamp {
    latest_expiry(terms.policy.max_lifetime_days, terms.now)
}

#[cfg(test)]
pub mod fixture {
    use ats_pat_domain::MayCreate;
    use ats_pat_domain::scope::Scope;

    use super::*;

    pub fn policy(longest: u32, default: u32) -> PolicyView {
        PolicyView {
            max_lifetime_days: longest,
            default_lifetime_days: default,
            max_active_tokens: 100,
            max_overlap_hours: 168,
            self_regenerate_allowed: true,
            scopes: vec![
                Scope {
                    name: "all".to_owned(),
                    description: String::new(),
                },
                Scope::new("orders:read", "Read orders").unwrap(),
            ],
            may_create: MayCreate::Everyone,
            all_scope_allowed: true,
            required_networks: Vec::new(),
            revoke_unused_after_days: 0,
            recent_sign_in_minutes: 0,
        }
    }

    pub fn now() -> Timestamp {
        Timestamp::parse("2026-11-25T10:20:30.123Z").unwrap()
    }

    /// What the form goes by now.
    pub fn terms<'a>(policy: &'a PolicyView, zone: &'a Zone) -> Terms<'a> {
        Terms {
            policy,
            now: now(),
            zone,
            text: Text::ENGLISH,
        }
    }

    /// What is on offer, the chosen one with a star.
    pub fn offered(form: &TokenForm, policy: &PolicyView) -> Vec<String> {
        choices(form, terms(policy, &Zone::utc()))
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
    use super::fixture::{offered, policy, terms};
    use super::*;

    #[test]
    fn the_choices_keep_to_the_policy() {
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
            let policy = policy(longest, default);
            let form = TokenForm::empty(String::new(), &policy);
            assert_eq!(offered(&form, &policy), expected, "{longest}");
        }
    }

    #[test]
    fn each_choice_says_the_day_it_means() {
        let policy = policy(366, 30);
        let form = TokenForm::empty(String::new(), &policy);
        for (zone, day) in [
            ("UTC", "Friday, 25 December 2026"),
            ("Pacific/Auckland", "Friday, 25 December 2026"),
            ("Pacific/Kiritimati", "Saturday, 26 December 2026"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let choices = choices(&form, terms(&policy, &zone));
            assert_eq!(choices[1].day, day, "{zone:?}");
        }
    }

    #[test]
    fn a_day_of_ones_own_counts_to_its_end_and_not_beyond_the_policy() {
        let policy = policy(10, 10);
        for (zone, last_day, expires_at) in [
            ("UTC", "2026-11-25", "2026-11-25T23:59:59.999Z"),
            ("UTC", "2026-12-04", "2026-12-04T23:59:59.999Z"),
            ("UTC", "2026-12-05", "2026-12-05T10:20:30.123Z"),
            ("UTC", "2026-12-06", "2026-12-06T23:59:59.999Z"),
            ("UTC", "soon", "soon"),
            ("Europe/Berlin", "2026-12-04", "2026-12-04T22:59:59.999Z"),
            ("America/New_York", "2026-12-04", "2026-12-05T04:59:59.999Z"),
        ] {
            let form = TokenForm {
                expiration: OWN_DAY.to_owned(),
                last_day: last_day.to_owned(),
                ..TokenForm::default()
            };
            let zone = Zone::named(zone).unwrap();
            let given = super::expires_at(&form, terms(&policy, &zone));
            assert_eq!(given, expires_at, "{zone:?} {last_day}");
        }
    }

    #[test]
    fn the_days_on_offer_are_those_of_the_zone() {
        let policy = policy(10, 10);
        let zone = Zone::named("Pacific/Kiritimati").unwrap();
        let bounds = bounds(terms(&policy, &zone));
        assert_eq!(
            (&*bounds.first, &*bounds.last),
            ("2026-11-26", "2026-12-06")
        );
        assert_eq!(bounds.last_in_words, "Sunday, 6 December 2026");
    }
}

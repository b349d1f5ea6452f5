//! The form for a new token: what stands in it, what is wrong with it, what it asks for.

use ats_pat_domain::Timestamp;
use ats_pat_domain::network::parse_network;
use ats_pat_domain::policy::latest_expiry;
use ats_pat_domain::problem::{Failure, Problem, Reason};
use ats_pat_domain::scope::ALL;
use ats_pat_service::NewToken;
use ats_pat_service::view::{PolicyView, TokenView};

use crate::form::Form;
use crate::query::{Query, address};
use crate::route::NEW_TOKEN;
use crate::words::{DAY, count, day, input_date, long_date};

/// The lifetimes on offer, in days.
const PRESETS: [u32; 5] = [7, 30, 60, 90, 365];
/// The choice of a day of one's own.
const OWN_DAY: &str = "date";

/// How many wrong networks an error names.
const SHOWN_NETWORKS: usize = 3;
/// How much of each, in characters: the longest network there is has 43.
const SHOWN_NETWORK: usize = 50;

/// What stands in the form, as it was typed.
#[derive(Clone, Default)]
pub struct TokenForm {
    /// So that the form, sent twice, makes one token.
    pub key: String,
    /// What the token is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// A number of days, or [`OWN_DAY`].
    pub expiration: String,
    /// The last day, where it is one of one's own.
    pub last_day: String,
    /// Whether it carries the chosen scopes only.
    pub is_limited: bool,
    /// The chosen scopes.
    pub scopes: Vec<String>,
    /// Networks, separated by white space or commas.
    pub networks: String,
    /// Who filled it in, where it was not the person.
    pub note: Option<&'static str>,
}

/// What is wrong, at each field.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FormErrors {
    /// With the name.
    pub name: Option<String>,
    /// With the description.
    pub description: Option<String>,
    /// With the expiration.
    pub expiration: Option<String>,
    /// With the last day, where it is one of one's own.
    pub last_day: Option<String>,
    /// With the scopes.
    pub scopes: Option<String>,
    /// With the networks.
    pub networks: Option<String>,
    /// With none of them.
    pub form: Option<String>,
}

impl FormErrors {
    /// The errors that a refusal means.
    pub fn of(problem: &Problem, form: &TokenForm) -> Self {
        let mut errors = Self::default();
        match problem {
            Problem::ValidationFailed(failures) => {
                for failure in failures {
                    errors.take(failure, form);
                }
            }
            Problem::NameInUse { name } => {
                errors.name = Some(format!(
                    "You have an active token named {name}: choose another name."
                ));
            }
            Problem::ExpirationNotAllowed { latest } => {
                *errors.of_expiry(form) = Some(until(*latest));
            }
            Problem::UnknownScope { scope } => errors.scopes = Some(no_scope(scope)),
            // The form's key is too old.
            Problem::InvalidRequest { .. } => {
                errors.form = Some(
                    "This form was open for a long time. Look at it once more, and save again."
                        .to_owned(),
                );
            }
            other => errors.form = Some(other.message()),
        }
        errors
    }

    /// The place of an error with the expiry.
    fn of_expiry(&mut self, form: &TokenForm) -> &mut Option<String> {
        if form.expiration == OWN_DAY {
            &mut self.last_day
        } else {
            &mut self.expiration
        }
    }

    fn take(&mut self, failure: &Failure, form: &TokenForm) {
        let (field, words) = match (failure.field, failure.reason) {
            ("Name", Reason::TooLong) => (&mut self.name, "Use at most 100 characters."),
            ("Name", Reason::BadCharacter) => (
                &mut self.name,
                "Leave out control characters and line breaks.",
            ),
            ("Name", _) => (&mut self.name, "Enter a name."),
            ("Description", Reason::TooLong) => {
                (&mut self.description, "Use at most 500 characters.")
            }
            ("Description", _) => (&mut self.description, "Leave out control characters."),
            ("ExpiresAt", _) => (self.of_expiry(form), "Choose the last day."),
            ("Scopes", _) => (&mut self.scopes, "Choose at least one."),
            ("AllowedNetworks", Reason::TooLong) => {
                (&mut self.networks, "Name at most 50 networks.")
            }
            ("AllowedNetworks", _) => {
                self.networks = Some(no_networks(form));
                return;
            }
            _ => (&mut self.form, "This can't be saved."),
        };
        *field = Some(words.to_owned());
    }
}

fn until(latest: Timestamp) -> String {
    format!("Choose a day from today until {} (UTC).", long_date(latest))
}

/// Names the first few entries that can't be read, so that nobody has to compare 50 lines.
fn no_networks(form: &TokenForm) -> String {
    let mut wrong: Vec<String> = form
        .networks()
        .filter(|network| parse_network(network).is_none())
        .map(|network| network.chars().take(SHOWN_NETWORK).collect())
        .collect();
    wrong.dedup();
    let more = wrong.len().saturating_sub(SHOWN_NETWORKS);
    wrong.truncate(SHOWN_NETWORKS);
    if more > 0 {
        wrong.push(format!("{more} more"));
    }
    let verb = if wrong.len() == 1 {
        "is not a network"
    } else {
        "are not networks"
    };
    format!(
        "{} {verb}. Write addresses or networks, such as 192.0.2.7 or 10.0.0.0/8, one on each line.",
        wrong.join(", ")
    )
}

fn no_scope(scope: &str) -> String {
    format!("There is no scope {scope}: choose from these.")
}

impl TokenForm {
    /// An empty one.
    pub fn empty(key: String, policy: &PolicyView) -> Self {
        Self {
            key,
            expiration: policy.default_lifetime_days.to_string(),
            ..Self::default()
        }
    }

    /// What was posted.
    pub fn posted(form: &Form) -> Self {
        let field = |name| form.field(name).to_owned();
        Self {
            key: field("form_key"),
            name: field("name"),
            description: field("description"),
            expiration: field("expiration"),
            last_day: field("last_day"),
            is_limited: match form.field("rights") {
                "" => form.all("scopes").next().is_some(),
                rights => rights == "chosen",
            },
            scopes: form.all("scopes").map(ToOwned::to_owned).collect(),
            networks: field("networks"),
            note: None,
        }
    }

    /// What a link asks for, and what of it can't be had.
    pub fn linked(
        key: String,
        query: &Query,
        policy: &PolicyView,
        now: Timestamp,
    ) -> (Self, FormErrors) {
        let mut form = Self::empty(key, policy);
        let mut errors = FormErrors::default();
        let text = |name| query.get(name).unwrap_or_default().to_owned();
        form.name = text("name");
        form.description = text("description");
        form.networks = text("networks").replace(',', "\n");
        if let Some(days) = query.get("days") {
            let longest = policy.max_lifetime_days;
            match days.parse::<u32>() {
                Ok(days) if (1..=longest).contains(&days) => form.expiration = days.to_string(),
                _ => {
                    errors.expiration = Some(format!(
                        "The link asks for {} days: choose 1 to {longest}.",
                        days.chars().take(12).collect::<String>()
                    ));
                }
            }
        }
        if let Some(last_day) = query.get("expires") {
            OWN_DAY.clone_into(&mut form.expiration);
            let latest = latest(policy, now);
            match day(last_day) {
                Some((start, end)) => {
                    last_day.clone_into(&mut form.last_day);
                    if end <= now || start > latest {
                        errors.last_day = Some(until(latest));
                    }
                }
                None => errors.last_day = Some("Choose the last day.".to_owned()),
            }
        }
        let scopes: Vec<&str> = query
            .all("scopes")
            .flat_map(|scopes| scopes.split([',', ' ']))
            .filter(|scope| !scope.is_empty())
            .collect();
        errors.scopes = form.choose(&scopes, policy);
        let names = [
            "name",
            "description",
            "days",
            "expires",
            "scopes",
            "networks",
        ];
        if names.iter().any(|name| query.get(name).is_some()) {
            form.note =
                Some("This form was filled in by a link. Look at each field before you save.");
        }
        (form, errors)
    }

    /// A form for a token like one that there is, and what of it can't be had any more.
    pub fn like(key: String, token: &TokenView, policy: &PolicyView) -> (Self, FormErrors) {
        let mut form = Self {
            name: token.name.clone(),
            description: token.description.clone(),
            networks: token
                .allowed_networks
                .as_deref()
                .unwrap_or_default()
                .join("\n"),
            note: Some(
                "This form was filled in like another token. Look at each field before you save.",
            ),
            ..Self::empty(key, policy)
        };
        let scopes: Vec<&str> = token.scopes.iter().map(String::as_str).collect();
        let errors = FormErrors {
            scopes: form.choose(&scopes, policy),
            ..FormErrors::default()
        };
        (form, errors)
    }

    /// Chooses these scopes; gives what is wrong with them. Who asks for scopes that there are not is never
    /// given all rights instead.
    fn choose(&mut self, scopes: &[&str], policy: &PolicyView) -> Option<String> {
        self.is_limited = !(scopes.is_empty() || scopes == [ALL]);
        let mut unknown = Vec::new();
        for scope in scopes.iter().filter(|scope| **scope != ALL) {
            if policy.scopes.iter().any(|known| known.name == **scope) {
                self.scopes.push((*scope).to_owned());
            } else {
                unknown.push(scope.chars().take(100).collect::<String>());
            }
        }
        (!unknown.is_empty()).then(|| no_scope(&unknown.join(", ")))
    }

    /// The link that fills a form in like this one.
    pub fn address(&self) -> String {
        let (days, expires) = if self.expiration == OWN_DAY {
            ("", self.last_day.as_str())
        } else {
            (self.expiration.as_str(), "")
        };
        let networks: Vec<&str> = self.networks().collect();
        address(
            NEW_TOKEN,
            &[
                ("name", &self.name),
                ("days", days),
                ("expires", expires),
                ("description", &self.description),
                ("scopes", &self.scopes.join(",")),
                ("networks", &networks.join(",")),
            ],
        )
    }

    /// What the form asks for; a day of one's own counts to its end.
    pub fn new_token(&self, policy: &PolicyView, now: Timestamp) -> NewToken {
        let networks: Vec<String> = self.networks().map(ToOwned::to_owned).collect();
        NewToken {
            name: Some(self.name.clone()),
            expires_at: Some(self.expires_at(policy, now)),
            description: Some(self.description.clone()),
            scopes: self.is_limited.then(|| self.scopes.clone()),
            allowed_networks: (!networks.is_empty()).then_some(networks),
            form_key: Some(self.key.clone()),
        }
    }

    /// As RFC 3339; what is none of the choices stays as it is, and is refused by the service.
    fn expires_at(&self, policy: &PolicyView, now: Timestamp) -> String {
        if self.expiration != OWN_DAY {
            let days = self.expiration.parse::<u32>();
            return days.map_or(self.expiration.clone(), |days| {
                now.after(DAY.saturating_mul(days)).to_string()
            });
        }
        let latest = latest(policy, now);
        match day(&self.last_day) {
            // On the last day that the policy allows, until its last minute.
            Some((start, end)) if start <= latest && end > latest => latest.to_string(),
            Some((_, end)) => end.to_string(),
            None => self.last_day.clone(),
        }
    }

    fn networks(&self) -> impl Iterator<Item = &str> {
        self.networks
            .split([',', '\n', '\r', '\t', ' '])
            .filter(|network| !network.is_empty())
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
    /// The same for scripts.
    pub iso: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The choices that the policy allows, with the day that each means.
pub fn choices(form: &TokenForm, policy: &PolicyView, now: Timestamp) -> Vec<Choice> {
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
        let until = now.after(DAY.saturating_mul(days));
        Choice {
            value: days.to_string(),
            label: match days {
                365 => "1 year".to_owned(),
                days => count(days.into(), "day"),
            },
            day: long_date(until),
            iso: until.to_string(),
            is_chosen: form.expiration == days.to_string(),
        }
    };
    let own = Choice {
        value: OWN_DAY.to_owned(),
        label: "Another day …".to_owned(),
        day: String::new(),
        iso: String::new(),
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
pub fn bounds(policy: &PolicyView, now: Timestamp) -> Bounds {
    let latest = latest(policy, now);
    Bounds {
        first: input_date(now),
        last: input_date(latest),
        last_in_words: long_date(latest),
    }
}

fn latest(policy: &PolicyView, now: Timestamp) -> Timestamp {
    latest_expiry(policy.max_lifetime_days, now)
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::scope::Scope;

    use super::*;

    fn policy(longest: u32, default: u32) -> PolicyView {
        PolicyView {
            max_lifetime_days: longest,
            default_lifetime_days: default,
            max_active_tokens: 100,
            scopes: vec![
                Scope {
                    name: "all".to_owned(),
                    description: String::new(),
                },
                Scope::new("orders:read", "Read orders").unwrap(),
            ],
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-25T10:20:30.123Z").unwrap()
    }

    fn offered(form: &TokenForm, policy: &PolicyView) -> Vec<String> {
        choices(form, policy, now())
            .into_iter()
            .map(|choice| {
                let mark = if choice.is_chosen { "*" } else { "" };
                format!("{mark}{}", choice.label)
            })
            .collect()
    }

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
        let choices = choices(&form, &policy, now());
        assert_eq!(choices[1].day, "Friday, 25 December 2026");
        assert_eq!(choices[1].iso, "2026-12-25T10:20:30.123Z");
    }

    #[test]
    fn a_day_of_ones_own_counts_to_its_end_and_not_beyond_the_policy() {
        let policy = policy(10, 10);
        for (last_day, expires_at) in [
            ("2026-11-25", "2026-11-25T23:59:59.999Z"),
            ("2026-12-04", "2026-12-04T23:59:59.999Z"),
            ("2026-12-05", "2026-12-05T10:20:30.123Z"),
            ("2026-12-06", "2026-12-06T23:59:59.999Z"),
            ("soon", "soon"),
        ] {
            let form = TokenForm {
                expiration: OWN_DAY.to_owned(),
                last_day: last_day.to_owned(),
                ..TokenForm::default()
            };
            assert_eq!(
                form.new_token(&policy, now()).expires_at.as_deref(),
                Some(expires_at)
            );
        }
    }

    #[test]
    fn an_error_names_the_networks_that_are_wrong() {
        let example =
            "Write addresses or networks, such as 192.0.2.7 or 10.0.0.0/8, one on each line.";
        for (networks, said) in [
            ("10.0.0.0/8\n10.0.0.0/33", "10.0.0.0/33 is not a network."),
            ("a, 192.0.2.7 b", "a, b are not networks."),
            ("a b c d e", "a, b, c, 2 more are not networks."),
        ] {
            let form = TokenForm {
                networks: networks.to_owned(),
                ..TokenForm::default()
            };
            let failure = Failure {
                field: "AllowedNetworks",
                reason: Reason::NotANetwork,
            };
            let errors = FormErrors::of(&Problem::ValidationFailed(vec![failure]), &form);
            assert_eq!(errors.networks, Some(format!("{said} {example}")));
        }
    }

    #[test]
    fn a_link_fills_in_what_can_be_had_and_says_what_cannot() {
        let policy = policy(90, 30);
        let query = Query::parse(
            "name=nightly+build&days=14&scopes=orders:read,all&networks=10.0.0.0/8,192.0.2.7&description=x",
        );
        let (form, errors) = TokenForm::linked(String::new(), &query, &policy, now());
        assert_eq!(errors, FormErrors::default());
        assert!(form.note.is_some() && form.is_limited);
        assert_eq!(
            (form.name.as_str(), form.expiration.as_str()),
            ("nightly build", "14")
        );
        assert_eq!(form.scopes, ["orders:read"]);
        assert!(offered(&form, &policy).contains(&"*14 days".to_owned()));
        let (form, errors) = TokenForm::linked(
            String::new(),
            &Query::parse("days=9999&scopes=orders:write&scopes=burn&expires=2020-01-01"),
            &policy,
            now(),
        );
        assert_eq!(
            errors.expiration.as_deref(),
            Some("The link asks for 9999 days: choose 1 to 90.")
        );
        assert_eq!(
            errors.scopes.as_deref(),
            Some("There is no scope orders:write, burn: choose from these.")
        );
        assert_eq!(
            errors.last_day.as_deref(),
            Some("Choose a day from today until Tuesday, 23 February 2027 (UTC).")
        );
        assert_eq!(
            form.new_token(&policy, now()).scopes.as_deref(),
            Some(&[][..]),
            "never all rights instead"
        );
        let (form, errors) = TokenForm::linked(String::new(), &Query::parse(""), &policy, now());
        assert_eq!(errors, FormErrors::default());
        assert!(form.note.is_none() && !form.is_limited);
    }

    #[test]
    fn a_form_makes_the_link_that_fills_it_in_again() {
        let policy = policy(90, 30);
        let typed = TokenForm {
            name: "größe & <b>".to_owned(),
            description: "two\nlines".to_owned(),
            expiration: OWN_DAY.to_owned(),
            last_day: "2026-12-24".to_owned(),
            is_limited: true,
            scopes: vec!["orders:read".to_owned()],
            networks: "10.0.0.0/8\r\n192.0.2.7".to_owned(),
            ..TokenForm::default()
        };
        let address = typed.address();
        let (_, query) = address.split_once('?').unwrap();
        let (form, errors) = TokenForm::linked(String::new(), &Query::parse(query), &policy, now());
        assert_eq!(errors, FormErrors::default());
        assert_eq!(form.name, typed.name);
        assert_eq!(form.description, typed.description);
        assert_eq!(
            (form.expiration, form.last_day),
            (typed.expiration, typed.last_day)
        );
        assert_eq!(form.scopes, typed.scopes);
        assert_eq!(form.networks, "10.0.0.0/8\n192.0.2.7");
    }
}

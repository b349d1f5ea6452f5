//! A form that is filled in before the person sees it, by a link or from another token.

use ats_pat_domain::scope::ALL;
use ats_pat_service::view::{PolicyView, TokenView};
use ats_pat_text::Text;

use super::errors::FormErrors;
use super::fields::TokenForm;
use crate::expiry::{OWN_DAY, Terms, latest, until};
use crate::query::Query;

impl TokenForm {
    /// The form that a link fills in. The errors name values that are not allowed.
    pub fn linked(
        key: String,
        query: &Query,
        policy: &PolicyView,
        terms: Terms<'_>,
    ) -> (Self, FormErrors) {
        let text = terms.text;
        let mut form = Self::empty(key, policy);
        let mut errors = FormErrors::default();
        let field = |name| query.get(name).unwrap_or_default().to_owned();
        form.name = field("name");
        form.description = field("description");
        form.networks = field("networks").replace(',', "\n");
        if let Some(days) = query.get("days") {
            let longest = policy.max_lifetime_days;
            match days.parse::<u32>() {
                Ok(days) if (1..=longest).contains(&days) => form.expiration = days.to_string(),
                _ => {
                    let days: String = days.chars().take(12).collect();
                    errors.expiration = Some(text.token_link_days(days, longest));
                }
            }
        }
        if let Some(last_day) = query.get("expires") {
            OWN_DAY.clone_into(&mut form.expiration);
            let latest = latest(terms);
            match terms.zone.day(last_day) {
                Some((start, end)) => {
                    last_day.clone_into(&mut form.last_day);
                    if end <= terms.now || start > latest {
                        errors.last_day = Some(until(latest, terms.zone, text));
                    }
                }
                None => errors.last_day = Some(text.token_day_missing().to_owned()),
            }
        }
        let scopes: Vec<&str> = query
            .all("scopes")
            .flat_map(|scopes| scopes.split([',', ' ']))
            .filter(|scope| !scope.is_empty())
            .collect();
        errors.scopes = form.choose(&scopes, policy, text);
        let names = [
            "name",
            "description",
            "days",
            "expires",
            "scopes",
            "networks",
        ];
        if names.iter().any(|name| query.get(name).is_some()) {
            form.note = Some(text.token_filled_by_link());
        }
        (form, errors)
    }

    /// A form with the values of an existing token. The errors name values that are no longer
    /// allowed.
    pub fn like(
        key: String,
        token: &TokenView,
        policy: &PolicyView,
        text: Text,
    ) -> (Self, FormErrors) {
        let mut form = Self {
            name: token.name.clone(),
            description: token.description.clone(),
            networks: token
                .allowed_networks
                .as_deref()
                .unwrap_or_default()
                .join("\n"),
            note: Some(text.token_filled_from_token()),
            ..Self::empty(key, policy)
        };
        let scopes: Vec<&str> = token.scopes.iter().map(String::as_str).collect();
        let errors = FormErrors {
            scopes: form.choose(&scopes, policy, text),
            ..FormErrors::default()
        };
        (form, errors)
    }

    /// Chooses these scopes. Returns an error for scopes that are not offered. A form with an
    /// unknown scope never gets all rights instead.
    fn choose(&mut self, scopes: &[&str], policy: &PolicyView, text: Text) -> Option<String> {
        let asks_for_all = scopes.is_empty() || scopes == [ALL];
        self.is_limited = !asks_for_all || !policy.all_scope_allowed;
        let mut unknown = Vec::new();
        for scope in scopes.iter().filter(|scope| **scope != ALL) {
            if policy.scopes.iter().any(|known| known.name == **scope) {
                self.scopes.push((*scope).to_owned());
            } else {
                unknown.push(scope.chars().take(100).collect::<String>());
            }
        }
        (!unknown.is_empty()).then(|| text.token_no_such_scope(unknown.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::MayCreate;
    use ats_pat_domain::scope::Scope;

    use super::*;
    use crate::expiry::fixture::{offered, terms};
    use crate::zone::Zone;

    const DAYS: (u32, u32) = (90, 30);

    fn policy() -> PolicyView {
        PolicyView {
            max_lifetime_days: DAYS.0,
            default_lifetime_days: DAYS.1,
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

    #[test]
    fn a_link_fills_in_what_can_be_had_and_says_what_cannot() {
        let policy = policy();
        let utc = Zone::utc();
        let query = Query::parse(
            "name=nightly+build&days=14&scopes=orders:read,all&networks=10.0.0.0/8,192.0.2.7&description=x",
        );
        let (form, errors) = TokenForm::linked(String::new(), &query, &policy, terms(DAYS, &utc));
        assert_eq!(errors, FormErrors::default());
        assert!(form.note.is_some() && form.is_limited);
        assert_eq!(
            (form.name.as_str(), form.expiration.as_str()),
            ("nightly build", "14")
        );
        assert_eq!(form.scopes, ["orders:read"]);
        assert!(offered(&form.expiration, DAYS).contains(&"*14 days".to_owned()));
        let (form, errors) = TokenForm::linked(
            String::new(),
            &Query::parse("days=9999&scopes=orders:write&scopes=burn&expires=2020-01-01"),
            &policy,
            terms(DAYS, &utc),
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
            Some("Choose a day from today until Tuesday, 23 February 2027.")
        );
        assert_eq!(
            form.new_token(terms(DAYS, &utc)).scopes.as_deref(),
            Some(&[][..]),
            "never all rights instead"
        );
        let (form, errors) =
            TokenForm::linked(String::new(), &Query::parse(""), &policy, terms(DAYS, &utc));
        assert_eq!(errors, FormErrors::default());
        assert!(form.note.is_none() && !form.is_limited);
    }

    #[test]
    fn a_form_makes_the_link_that_fills_it_in_again() {
        let policy = policy();
        let utc = Zone::utc();
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
        let (form, errors) = TokenForm::linked(
            String::new(),
            &Query::parse(query),
            &policy,
            terms(DAYS, &utc),
        );
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

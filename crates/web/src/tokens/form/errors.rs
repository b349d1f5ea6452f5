//! What is wrong with the form, at each field.

use ats_pat_domain::Timestamp;
use ats_pat_domain::network::parse_network;
use ats_pat_domain::problem::{Failure, Problem, Reason};

use super::fields::{OWN_DAY, TokenForm};
use crate::words::long_date;
use crate::zone::Zone;

/// How many wrong networks an error names.
const SHOWN_NETWORKS: usize = 3;
/// How much of each, in characters: the longest network there is has 43.
const SHOWN_NETWORK: usize = 50;

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
    pub fn of(problem: &Problem, form: &TokenForm, zone: &Zone) -> Self {
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
                *errors.of_expiry(form) = Some(until(*latest, zone));
            }
            Problem::UnknownScope { scope } => errors.scopes = Some(no_scope(scope)),
            // The form's key is too old.
            Problem::InvalidRequest { .. } => {
                errors.form =
                    Some("This form was open for too long. Check it, and save again.".to_owned());
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
            ("Description", _) => (
                &mut self.description,
                "Leave out control characters and line breaks.",
            ),
            ("ExpiresAt", _) => (self.of_expiry(form), "Choose the last day."),
            ("Scopes", _) => (&mut self.scopes, "Choose at least one."),
            ("AllowedNetworks", Reason::TooLong) => {
                (&mut self.networks, "Enter at most 50 networks.")
            }
            ("AllowedNetworks", _) => {
                self.networks = Some(no_networks(form));
                return;
            }
            _ => (
                &mut self.form,
                "The server could not save this. Check each field, and save again.",
            ),
        };
        *field = Some(words.to_owned());
    }
}

/// Which days there are to choose from.
pub fn until(latest: Timestamp, zone: &Zone) -> String {
    format!("Choose a day from today until {}.", long_date(latest, zone))
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

/// That a scope is none of those on offer.
pub fn no_scope(scope: &str) -> String {
    format!("There is no scope {scope}: choose from these.")
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let errors = FormErrors::of(
                &Problem::ValidationFailed(vec![failure]),
                &form,
                &Zone::utc(),
            );
            assert_eq!(errors.networks, Some(format!("{said} {example}")));
        }
    }
}

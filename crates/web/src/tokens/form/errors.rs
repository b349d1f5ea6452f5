//! The errors of the form.

use ats_pat_domain::Timestamp;
use ats_pat_domain::problem::{Failure, Problem, Reason};
use ats_pat_text::Text;

use super::fields::TokenForm;
use crate::expiry::{OWN_DAY, until};
use crate::networks;
use crate::zone::Zone;

/// The errors, by field.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FormErrors {
    /// The error of the name.
    pub name: Option<String>,
    /// The error of the description.
    pub description: Option<String>,
    /// The error of the expiration.
    pub expiration: Option<String>,
    /// The error of the last day, if the person chose one.
    pub last_day: Option<String>,
    /// The error of the scopes.
    pub scopes: Option<String>,
    /// The error of the networks.
    pub networks: Option<String>,
    /// The error of the last day on which the token may regenerate itself.
    pub renews_until: Option<String>,
    /// An error of no field.
    pub form: Option<String>,
}

impl FormErrors {
    /// The errors for a refusal.
    pub fn of(
        problem: &Problem,
        form: &TokenForm,
        (now, zone): (Timestamp, &Zone),
        text: Text,
    ) -> Self {
        let mut errors = Self::default();
        match problem {
            Problem::ValidationFailed(failures) => {
                for failure in failures {
                    errors.take(failure, form, text);
                }
            }
            Problem::NameInUse { name } => {
                errors.name = Some(text.token_name_in_use(name));
            }
            Problem::ExpirationNotAllowed { latest } => {
                let is_out = |day: &str| {
                    let day = zone.day(day);
                    day.is_none_or(|(start, end)| end <= now || start > *latest)
                };
                let words = || Some(until(*latest, zone, text));
                let renews = !form.renews_until.is_empty() && is_out(&form.renews_until);
                if renews {
                    errors.renews_until = words();
                }
                if !renews || form.expiration == OWN_DAY && is_out(&form.last_day) {
                    *errors.of_expiry(form) = words();
                }
            }
            Problem::UnknownScope { scope } => {
                errors.scopes = Some(text.token_no_such_scope(scope));
            }
            // The form's key is too old.
            Problem::InvalidRequest { .. } => {
                errors.form = Some(text.token_form_too_old().to_owned());
            }
            Problem::OwnerDisabled => {
                errors.form = Some(text.account_disabled().to_owned());
            }
            other => errors.form = Some(other.message(text)),
        }
        errors
    }

    /// The field that shows an error of the expiry.
    fn of_expiry(&mut self, form: &TokenForm) -> &mut Option<String> {
        if form.expiration == OWN_DAY {
            &mut self.last_day
        } else {
            &mut self.expiration
        }
    }

    fn take(&mut self, failure: &Failure, form: &TokenForm, text: Text) {
        let (field, words) = match (&*failure.field, failure.reason) {
            ("Name", Reason::TooLong) => (&mut self.name, text.token_name_too_long()),
            ("Name", Reason::BadCharacter) => (&mut self.name, text.token_bad_character()),
            ("Name", _) => (&mut self.name, text.token_name_missing()),
            ("Description", Reason::TooLong) => {
                (&mut self.description, text.token_description_too_long())
            }
            ("Description", _) => (&mut self.description, text.token_bad_character()),
            ("ExpiresAt", _) => (self.of_expiry(form), text.token_day_missing()),
            ("RegeneratesUntil", _) => (&mut self.renews_until, text.token_day_missing()),
            ("MayRegenerateItself", _) => {
                (&mut self.renews_until, text.token_renews_not_introspect())
            }
            ("Scopes", _) => (&mut self.scopes, text.token_scopes_missing()),
            ("AllowedNetworks", Reason::TooLong) => {
                (&mut self.networks, text.token_too_many_networks())
            }
            ("AllowedNetworks", _) => {
                self.networks = Some(networks::not_networks(&form.networks, text));
                return;
            }
            _ => (&mut self.form, text.token_form_not_saved()),
        };
        *field = Some(words.to_owned());
    }
}

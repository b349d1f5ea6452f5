//! The form for a new operator key: its entries, its errors, and how it is shown.

use ats_pat_domain::Problem;
use ats_pat_domain::operator_key::{LONGEST_LIFETIME, Right};
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_service::{NewOperatorKey, SignedIn, StepUp};
use ats_pat_text::Text;

use crate::expiry::{ExpirationField, OWN_DAY, Terms, expires_at, until};
use crate::networks;
use crate::step_up::PasswordField;
use crate::visit::Visit;
use crate::words::DAY;

/// The lifetime that the form proposes, in days.
const PROPOSED_DAYS: u32 = 90;

/// What the offered lifetimes depend on.
pub fn terms<'a>(visit: &'a Visit<'_>) -> Terms<'a> {
    let longest = LONGEST_LIFETIME.as_secs() / DAY.as_secs();
    Terms {
        longest_days: u32::try_from(longest).unwrap_or(u32::MAX),
        proposed_days: PROPOSED_DAYS,
        now: visit.now(),
        zone: &visit.zone,
        text: visit.text,
    }
}

/// The entries of the form, as they were typed.
#[derive(Default)]
pub struct KeyForm {
    /// The idempotency key, so that a form that is sent twice makes one operator key.
    pub key: String,
    /// The name of the operator key.
    pub name: String,
    /// The names of the chosen rights.
    pub rights: Vec<String>,
    /// A number of days, or [`OWN_DAY`].
    pub expiration: String,
    /// The last day, if the person chose one.
    pub last_day: String,
    /// Networks, separated by white space or commas.
    pub networks: String,
    /// Why the fields are filled in already.
    pub note: Option<&'static str>,
}

impl KeyForm {
    /// The form as it is opened, with the idempotency key of its one post.
    pub fn empty(key: String) -> Self {
        Self {
            key,
            expiration: PROPOSED_DAYS.to_string(),
            ..Self::default()
        }
    }

    /// Reads a form that was posted, or was kept while the person signed in again.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            let value = value.to_owned();
            match name {
                "form_key" => form.key = value,
                "name" => form.name = value,
                "rights" => form.rights.push(value),
                "expiration" => form.expiration = value,
                "last_day" => form.last_day = value,
                "networks" => form.networks = value,
                _ => {}
            }
        }
        form
    }

    /// The entries to keep while the person signs in again: all but the idempotency key.
    pub fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("name", &self.name),
            ("expiration", &self.expiration),
            ("last_day", &self.last_day),
            ("networks", &self.networks),
        ] {
            query.append_pair(name, value);
        }
        for right in &self.rights {
            query.append_pair("rights", right);
        }
        query.finish()
    }

    /// The request of the form. A chosen last day counts to its end.
    pub fn new_key(&self, terms: Terms<'_>) -> NewOperatorKey {
        let networks: Vec<String> = networks::listed(&self.networks)
            .map(ToOwned::to_owned)
            .collect();
        NewOperatorKey {
            name: Some(self.name.clone()),
            rights: self.rights.clone(),
            expires_at: Some(expires_at(&self.expiration, &self.last_day, terms)),
            allowed_networks: (!networks.is_empty()).then_some(networks),
        }
    }
}

/// The errors of the form, by field.
#[derive(Default)]
pub struct KeyErrors {
    /// The error of the name.
    pub name: Option<String>,
    /// The error of the rights.
    pub rights: Option<String>,
    /// The error of the expiration.
    pub expiration: Option<String>,
    /// The error of the last day, if the person chose one.
    pub last_day: Option<String>,
    /// The error of the networks.
    pub networks: Option<String>,
    /// An error of no field.
    pub form: Option<String>,
}

impl KeyErrors {
    /// The name of the first field with an error.
    fn first(&self) -> Option<&'static str> {
        let errors = [
            ("name", &self.name),
            ("rights", &self.rights),
            ("expiration", &self.expiration),
            ("last_day", &self.last_day),
            ("networks", &self.networks),
        ];
        let mut wrong = errors.into_iter().filter(|(_, error)| error.is_some());
        wrong.next().map(|(name, _)| name)
    }

    /// The errors for a refusal.
    pub fn of(problem: &Problem, form: &KeyForm, visit: &Visit<'_>) -> Self {
        let mut errors = Self::default();
        let text = visit.text;
        match problem {
            Problem::ValidationFailed(failures) => {
                for failure in failures {
                    errors.take(failure, form, text);
                }
            }
            Problem::ExpirationNotAllowed { latest } => {
                *errors.of_expiry(form) = Some(until(*latest, &visit.zone, text));
            }
            // The form's key is too old.
            Problem::InvalidRequest { .. } => {
                errors.form = Some(text.token_form_too_old().to_owned());
            }
            other => errors.form = Some(other.message(text)),
        }
        errors
    }

    fn of_expiry(&mut self, form: &KeyForm) -> &mut Option<String> {
        if form.expiration == OWN_DAY {
            &mut self.last_day
        } else {
            &mut self.expiration
        }
    }

    fn take(&mut self, failure: &Failure, form: &KeyForm, text: Text) {
        let (field, words) = match (&*failure.field, failure.reason) {
            ("Name", Reason::TooLong) => (&mut self.name, text.token_name_too_long()),
            ("Name", Reason::BadCharacter) => (&mut self.name, text.token_bad_character()),
            ("Name", _) => (&mut self.name, text.token_name_missing()),
            ("Rights", _) => (&mut self.rights, text.token_scopes_missing()),
            ("ExpiresAt", _) => (self.of_expiry(form), text.token_day_missing()),
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

/// The form at the side of the list.
pub struct KeyPanel {
    /// What the person entered, or what the form proposes.
    pub form: KeyForm,
    /// Why the entries were refused, if they were.
    pub errors: KeyErrors,
    /// When the key expires.
    pub expiration: ExpirationField,
    /// The rights: the name, what it lets a program do, and whether it is chosen.
    pub rights: Vec<(&'static str, &'static str, bool)>,
    /// Whether it is open from the start.
    pub is_open: bool,
    /// The field for the administrator's own password, if the sign-in is too old.
    pub step_up: Option<PasswordField>,
}

impl KeyPanel {
    /// An empty form that is not open.
    ///
    /// # Errors
    /// [`Problem::InternalError`] if the system has no random bytes.
    pub fn closed(visit: &Visit<'_>, by: &SignedIn) -> Result<Self, Problem> {
        let form = KeyForm::empty(visit.new_form_key()?);
        Ok(Self {
            is_open: false,
            ..Self::open(visit, by, form, KeyErrors::default())
        })
    }

    /// The open form with these entries and errors.
    pub fn open(visit: &Visit<'_>, by: &SignedIn, form: KeyForm, errors: KeyErrors) -> Self {
        let rights = Right::ALL.map(|right| {
            let name = right.as_str();
            let is_chosen = form.rights.iter().any(|chosen| chosen == name);
            (name, meaning(right, visit.text), is_chosen)
        });
        Self {
            expiration: ExpirationField::new(&form.expiration, &form.last_day, terms(visit)),
            rights: rights.to_vec(),
            form,
            errors,
            is_open: true,
            step_up: PasswordField::shown(visit, by, StepUp::Always),
        }
    }

    /// The name of the field that gets the focus. Empty if the password field gets it.
    pub fn focus(&self) -> &'static str {
        if PasswordField::is_wrong(self.step_up.as_ref()) {
            return "";
        }
        self.errors.first().unwrap_or("name")
    }
}

/// What a right lets a program do.
fn meaning(right: Right, text: Text) -> &'static str {
    match right {
        Right::Users => text.right_users(),
        Right::Administrators => text.right_administrators(),
        Right::Tokens => text.right_tokens(),
        Right::ServiceTokens => text.right_service_tokens(),
        Right::Audit => text.right_audit(),
        Right::Policy => text.right_policy(),
        Right::Keys => text.right_keys(),
        Right::Scim => text.right_scim(),
    }
}
